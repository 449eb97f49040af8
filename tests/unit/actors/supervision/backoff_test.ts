import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { backoffMs } from "../../../../actors/supervision/backoff.ts";

const backoff = { firstMs: 100, longestMs: 1_000 };

Deno.test("backoffMs() doubles up to the longest wait", () => {
  const waits = [1, 2, 3, 4, 5, 6, 1_000].map((attempt) => backoffMs(attempt, backoff, 1));
  assertEquals(waits, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

Deno.test("backoffMs() leaves the upper half of the wait to chance", () => {
  assertEquals([0, 0.5, 1].map((random) => backoffMs(2, backoff, random)), [100, 150, 200]);
});

Deno.test("backoffMs() is a wait within its bounds, whatever the attempt", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const wait = backoffMs(attempt, backoff, random);
      return wait >= backoff.firstMs / 2 && wait <= backoff.longestMs;
    }),
  );
});
