import { assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable, BackendUnusable } from "../../../../../backends/errors.ts";
import { runRepeatedly } from "../../../../../backends/postgres/operations/maintenance.ts";

Deno.test("a chore is tried again while its database is away or refuses, and then goes on", async () => {
  const stop = new AbortController();
  const fails = [new BackendUnavailable("away"), new BackendUnusable("disk full")];
  let done = 0;
  await runRepeatedly(stop.signal, () => {
    const error = fails.shift();
    if (error !== undefined) return Promise.reject(error);
    if (++done === 2) stop.abort();
    return Promise.resolve(0);
  });
  assertEquals([done, fails], [2, []]);
});

Deno.test("an error that nobody knows ends the chore: it is a bug", async () => {
  const bug = () => Promise.reject(new TypeError("odd"));
  await assertRejects(() => runRepeatedly(new AbortController().signal, bug), TypeError);
});
