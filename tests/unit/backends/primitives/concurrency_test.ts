import { assert, assertEquals, assertRejects } from "@std/assert";
import { delayOrAbort, endsWithin, mapConcurrently } from "../../../../backends/primitives/concurrency.ts";

Deno.test("a delay resolves when its signal aborts, before or during it", async () => {
  await delayOrAbort(60_000, AbortSignal.abort());
  const stop = new AbortController();
  const waited = delayOrAbort(60_000, stop.signal);
  stop.abort();
  await waited;
});

Deno.test("a list longer than the limit is mapped in order, with no more calls under way than the limit", async () => {
  let [running, most] = [0, 0];
  const double = async (n: number) => {
    most = Math.max(most, ++running);
    await delayOrAbort(1, new AbortController().signal);
    running--;
    return 2 * n;
  };
  assertEquals(await mapConcurrently(2, [1, 2, 3, 4, 5], double), [2, 4, 6, 8, 10]);
  assertEquals(most, 2);
});

Deno.test("a call that fails rejects with its own error, whatever the length of the list", async () => {
  const fail = () => Promise.reject(new TypeError("a bug"));
  await assertRejects(() => mapConcurrently(2, [1, 2, 3], fail), TypeError, "a bug");
  await assertRejects(() => mapConcurrently(2, [1], fail), TypeError, "a bug");
});

Deno.test("work that ends in time is told from work that does not, and its error is thrown", async () => {
  assert(await endsWithin(Promise.resolve(), 60_000));
  assert(!await endsWithin(new Promise(() => {}), 1));
  await assertRejects(() => endsWithin(Promise.reject(new TypeError("a bug")), 60_000), TypeError);
});
