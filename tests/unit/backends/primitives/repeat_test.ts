import { assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable, BackendUnusable } from "../../../../backends/errors.ts";
import { repeat } from "../../../../backends/primitives/repeat.ts";

Deno.test("a job is retried while its store is unavailable or unusable, and then goes on", async () => {
  const stop = new AbortController();
  const fails = [new BackendUnavailable("no answer"), new BackendUnusable("disk full")];
  let [done, outages] = [0, 0];
  const job = () => {
    const error = fails.shift();
    if (error !== undefined) return Promise.reject(error);
    if (++done === 2) stop.abort();
    return Promise.resolve(0);
  };
  await repeat(job, stop.signal, () => Promise.resolve(outages++));
  assertEquals([done, fails, outages], [2, [], 2]);
});

Deno.test("an unknown error ends the job: it is a bug", async () => {
  const bug = () => Promise.reject(new TypeError("a bug"));
  await assertRejects(() => repeat(bug, new AbortController().signal), TypeError);
});
