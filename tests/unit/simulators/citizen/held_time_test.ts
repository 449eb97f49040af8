import { assertEquals } from "@std/assert";
import { HeldTime } from "../../../../simulators/citizen/held_time.ts";

const DAY = 86_400_000;

/** Held time on a clock that a test sets, in days. */
function held() {
  let now = 0;
  const time = new HeldTime({ now: () => new Date(now * DAY) }, new Date(0).toISOString());
  return {
    time,
    at: (day: number) => void (now = day),
    days: () => [time.citizenUntil / DAY, time.timersAsOf().getTime() / DAY],
    advance: (state: { isBusy?: boolean; timer?: number; reaction?: number }) => {
      const { isBusy = false, timer = Infinity, reaction = Infinity } = state;
      return time.advance({ isBusy, nextTimerAt: timer * DAY }, reaction * DAY);
    },
  };
}

Deno.test("what the citizen does comes first, then what expires in the same step, then the next step", () => {
  const { at, days, advance } = held();
  at(100);
  assertEquals([advance({ reaction: 2, timer: 3 }), days()], [true, [7, 0]]);
  assertEquals([advance({ reaction: 2, timer: 3 }), days()], [false, [7, 0]]);
  assertEquals([advance({ timer: 3 }), days()], [true, [7, 7]]);
  assertEquals([advance({ timer: 3 }), days()], [false, [7, 7]]);
  assertEquals([advance({ timer: 20 }), days()], [true, [25, 7]]);
});

Deno.test("time stands still while a processor is busy, and is never ahead of its clock", () => {
  const { at, days, advance } = held();
  at(10);
  assertEquals([advance({ isBusy: true, timer: 3 }), days()], [false, [0, 0]]);
  assertEquals([advance({ timer: 30 }), days()], [true, [10, 0]]);
  assertEquals([advance({ timer: 30 }), days()], [true, [10, 10]]);
  assertEquals([advance({ timer: 30 }), days()], [false, [10, 10]]);
  at(30);
  assertEquals([advance({ timer: 30 }), days()], [true, [30, 10]]);
});
