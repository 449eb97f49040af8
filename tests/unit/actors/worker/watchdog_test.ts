import { assert, assertEquals, assertThrows } from "@std/assert";
import { runWithTimeout } from "../../../../actors/worker/watchdog.ts";

Deno.test("runGuarded() runs what returns in time, and says so", () => {
  let ran = 0;
  assertEquals(runWithTimeout(() => void ran++, 1_000), true);
  assertEquals(ran, 1);
});

const endless: Record<string, () => void> = {
  "a loop": () => {
    for (;;);
  },
  "a regular expression": () => void /^(a+)+$/.test(`${"a".repeat(40)}!`),
  "a loop that catches everything": () => {
    for (;;) {
      try {
        for (;;);
      } catch {
        // There is nothing to catch.
      } finally {
        // deno-lint-ignore no-empty
        for (;;) {}
      }
    }
  },
};

for (const [name, step] of Object.entries(endless)) {
  Deno.test(`runGuarded() stops ${name}`, () => {
    const began = performance.now();
    assertEquals(runWithTimeout(step, 30), false);
    assert(performance.now() - began < 30_000);
  });
}

Deno.test("runGuarded() throws what its step throws, and can be used again", () => {
  const error = new TypeError("odd");
  assert(
    assertThrows(() =>
      runWithTimeout(() => {
        throw error;
      }, 1_000)
    ) === error,
  );
  assertEquals(runWithTimeout(() => {}, 1_000), true);
  assertEquals(globalThis.__zaakstroomStep, undefined);
});
