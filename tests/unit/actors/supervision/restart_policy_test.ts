import { assertEquals } from "@std/assert";
import { addRestart, type Intensity } from "../../../../actors/supervision/restart_policy.ts";

/** Restarts at these times, one after the other: whether each is one too many. */
function play(times: readonly number[], intensity: Intensity): boolean[] {
  let counted: readonly number[] = [];
  return times.map((now) => {
    const { restarts, exceeded } = addRestart(counted, now, intensity);
    counted = restarts;
    return exceeded;
  });
}

const matrix: Record<string, [Intensity, number[], boolean[]]> = {
  intensity_zero_allows_none: [{ restarts: 0, periodMs: 100 }, [0], [true]],
  as_many_as_allowed: [{ restarts: 2, periodMs: 100 }, [0, 1], [false, false]],
  one_more_than_allowed: [{ restarts: 2, periodMs: 100 }, [0, 1, 2], [false, false, true]],
  just_within_the_period: [{ restarts: 1, periodMs: 100 }, [0, 99], [false, true]],
  just_out_of_the_period: [{ restarts: 1, periodMs: 100 }, [0, 100], [false, false]],
  spread_out_for_ever: [{ restarts: 1, periodMs: 100 }, [0, 100, 200, 300, 400], Array(5).fill(false)],
  the_window_slides: [{ restarts: 2, periodMs: 100 }, [0, 60, 110, 150], [false, false, false, true]],
  all_at_one_instant: [{ restarts: 3, periodMs: 100 }, [5, 5, 5, 5], [false, false, false, true]],
  still_too_many_afterwards: [{ restarts: 1, periodMs: 100 }, [0, 1, 2], [false, true, true]],
};

for (const [name, [intensity, times, expected]] of Object.entries(matrix)) {
  Deno.test(`restart window: ${name.replaceAll("_", " ")}`, () =>
    assertEquals(play(times, intensity), expected));
}

Deno.test("the window forgets what is out of its period, so it does not grow", () => {
  let counted: readonly number[] = [];
  for (let now = 0; now < 10_000; now += 10) {
    counted = addRestart(counted, now, { restarts: 5, periodMs: 100 }).restarts;
  }
  assertEquals(counted.length, 10);
});
