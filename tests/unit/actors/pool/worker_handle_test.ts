import { assertEquals, assertRejects } from "@std/assert";
import type { WorkerLike } from "../../../../actors/pool/spawn_worker.ts";
import { WorkerDied, WorkerHandle } from "../../../../actors/pool/worker_handle.ts";
import type { BatchResult, FromWorker, ToWorker } from "../../../../actors/worker/protocol.ts";
import { encodeLines } from "../../../../schema/delivery_line.ts";
import { testSupervisorOptions } from "../../../support/misbehaving/runtime.ts";
import { FIXED_SECRET } from "../../../support/misbehaving/fixed_ids.ts";

const RESULT: BatchResult = {
  outputs: new Uint8Array(),
  outputTypes: {},
  timers: [],
  failedAttempts: [],
  done: {},
};
const LARGE = "x".repeat(100_000);

/** A worker that does nothing by itself. */
function idleWorker() {
  const said: ToWorker[] = [];
  const worker: WorkerLike = {
    onmessage: null,
    onmessageerror: null,
    onerror: null,
    postMessage: (message) => void said.push(message),
    terminate: () => {},
  };
  const answer = (data: FromWorker) => worker.onmessage?.(new MessageEvent("message", { data }));
  const handle = new WorkerHandle({
    ...testSupervisorOptions,
    secret: Promise.resolve(FIXED_SECRET),
    spawn: () => worker,
  }, () => {});
  answer({ kind: "ready" });
  return {
    handle,
    /** Hands over a batch. */
    run: (lines: string, histories = () => Promise.resolve("")) =>
      handle.run({ processor: "odd", partition: 0, lines: encodeLines([lines]) }, histories, false),
    /** The ids of each message with batches. */
    messages: () =>
      said.flatMap((message) => message.kind === "batches" ? [message.requests.map(({ id }) => id)] : []),
    done: (...ids: number[]) =>
      answer({ kind: "results", results: ids.map((id) => ({ id, result: RESULT })), heapBytes: 0 }),
    needs: (id: number) => answer({ kind: "need", id, needs: [], types: [] }),
  };
}

/** Lets everybody act who can. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("batches that come at the same moment are handed over together", async () => {
  const { handle, run, messages, done } = idleWorker();
  const all = Promise.all([run("a"), run("b"), run("c")]);
  await turn();
  assertEquals(messages(), [[1, 2, 3]]);
  done(1, 2, 3);
  assertEquals(await all, [RESULT, RESULT, RESULT]);
  handle.end("stopped");
});

Deno.test("small batches wait for each other while the worker is busy; a large one does not", async () => {
  const { handle, run, messages, done } = idleWorker();
  const all = [run("a")];
  await turn();
  all.push(run("b"), run("c"));
  await turn();
  assertEquals(messages(), [[1]]);
  all.push(run(LARGE));
  await turn();
  assertEquals(messages(), [[1], [2, 3, 4]]);
  all.push(run("d"));
  done(1);
  await turn();
  assertEquals(messages(), [[1], [2, 3, 4]]);
  done(2, 3, 4);
  await turn();
  assertEquals(messages(), [[1], [2, 3, 4], [5]]);
  done(5);
  await Promise.all(all);
  handle.end("stopped");
});

Deno.test("a batch that waits for histories holds up no other", async () => {
  const { handle, run, messages, done, needs } = idleWorker();
  const histories = Promise.withResolvers<string>();
  const first = run("a", () => histories.promise);
  await turn();
  needs(1);
  const second = run("b");
  await turn();
  assertEquals(messages(), [[1], [2]]);
  done(2);
  await second;
  histories.resolve("");
  await turn();
  done(1);
  await first;
  handle.end("stopped");
});

Deno.test("batches that were not handed over yet die with their worker, and are not suspected", async () => {
  const { handle, run } = idleWorker();
  const [first, second] = [run("a"), run("b")];
  handle.end("recycled");
  for (const batch of [first, second]) {
    assertEquals((await assertRejects(() => batch, WorkerDied)).suspect, undefined);
  }
});

Deno.test("a worker that gets one batch after the other is watched by one timer", async () => {
  const { setInterval } = globalThis;
  let timers = 0;
  globalThis.setInterval =
    ((callback: () => void, ms: number) => (timers++, setInterval(callback, ms))) as typeof setInterval;
  try {
    const { handle, run, done } = idleWorker();
    for (const id of [1, 2, 3]) {
      const result = run("a");
      await turn();
      done(id);
      await result;
    }
    assertEquals(timers, 1);
    handle.end("stopped");
  } finally {
    globalThis.setInterval = setInterval;
  }
});
