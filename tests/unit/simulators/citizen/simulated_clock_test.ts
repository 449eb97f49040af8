import { assertEquals } from "@std/assert";
import { simulatedClock, timeScale } from "../../../../simulators/citizen/simulated_clock.ts";

Deno.test("a time scale is a rate of simulated to real time, or a factor", () => {
  assertEquals(timeScale.parse("1d/s"), 86_400);
  assertEquals(timeScale.parse("1y/min"), 365.2425 * 1440);
  assertEquals(timeScale.parse("0.5h/min"), 30);
  assertEquals(timeScale.parse("3600"), 3600);
});

Deno.test("what is no time scale is refused", () => {
  for (const text of ["", "fast", "1y", "1/s", "-1d/s", "0", "1d/y", "NaN", "Infinity"]) {
    assertEquals(timeScale.safeParse(text).success, false, text);
  }
});

Deno.test("the clock starts where it is told and runs so many times faster", () => {
  let real = 5_000;
  const clock = simulatedClock({
    from: "2026-01-01T00:00:00Z",
    scale: timeScale.parse("1d/s"),
    real: () => real,
  });
  assertEquals(clock.now().toISOString(), "2026-01-01T00:00:00.000Z");
  real += 31_000;
  assertEquals(clock.now().toISOString(), "2026-02-01T00:00:00.000Z");
});
