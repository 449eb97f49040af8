/** Watching a store through an outage. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BackendUnavailable, StoreLost } from "../../../../../backends/errors.ts";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { override } from "../../../../../backends/primitives/override.ts";
import { defaultsOf } from "../../../../../console/cli/options.ts";
import { storeStatusOptions } from "../../../../../console/commands/status/options.ts";
import { watchStatus } from "../../../../../console/commands/status/run.ts";
import { printed } from "../../printed.ts";

const values = { ...defaultsOf(storeStatusOptions), json: true, watch: true };

/** Watches a store whose health is asked once for each of these: undefined answers, an error is thrown. */
async function watched(...answers: (Error | undefined)[]) {
  const backend = createMemoryBackend({ partitions: 1 });
  const stop = new AbortController();
  const { out, err, output } = printed();
  let asked = 0;
  const store = override(backend, {
    async health() {
      const failure = answers[asked++];
      if (asked === answers.length) stop.abort();
      if (failure !== undefined) throw failure;
      return await backend.health();
    },
  });
  try {
    await watchStatus(store, values, output, stop.signal, 1);
  } finally {
    await backend.close();
  }
  return { out, err };
}

Deno.test("status --watch says in a line that its store gives no answer, and goes on", async () => {
  const unavailable = () => new BackendUnavailable("no answer from 127.0.0.1:5432");
  const { out, err } = await watched(
    undefined,
    unavailable(),
    unavailable(),
    undefined,
    unavailable(),
    undefined,
  );
  assertEquals([out.length, err.length], [3, 2]);
  assertMatch(
    err[0]!,
    /^\S+ the store gives no answer, and is asked again: no answer from 127\.0\.0\.1:5432$/,
  );
});

Deno.test("status --watch ends where its store is lost", async () => {
  await assertRejects(
    () => watched(undefined, new StoreLost("the log is another one"), undefined),
    StoreLost,
  );
});
