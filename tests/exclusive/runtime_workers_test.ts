import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { hasRunawayThread } from "../../actors/pool/runaway_thread.ts";
import type { SupervisorOptions } from "../../actors/supervisor.ts";
import { type MisbehavingAct, misbehavingEvent } from "../support/misbehaving/processor.ts";
import { TestRuntime } from "../support/misbehaving/runtime.ts";

const MB = 1024 * 1024;
const EVENTS = 24;

/** Events of as many cases, of 16 MB each to the worker that handles them. */
const growing = (act: MisbehavingAct) =>
  Array.from({ length: EVENTS }, (_, i) => misbehavingEvent(`case-${i}`, 1, act));

for (const [act, partitions] of [["grow", 1], ["grow", 16], ["grow_outside", 16]] as const) {
  Deno.test(`a worker whose memory grows is replaced between batches (${act}, ${partitions}) (I6)`, async () => {
    const store = { partitions, batchSize: 1 };
    // How long 16 MB take is not what this is about.
    const options = { heapCeilingBytes: 60 * MB, deliveryTimeoutMs: 5_000 };
    await using runtime = new TestRuntime({ store, options });
    let most = 0;
    const { settled } = runtime.observer;
    runtime.observer.settled = (batch) => {
      most = Math.max(most, ...runtime.supervisor.heapBytes);
      settled.call(runtime.observer, batch);
    };
    await runtime.backend.append(growing(act));
    await runtime.supervisor.start();
    await runtime.waitUntilIdle();
    assertEquals(Object.keys(await runtime.answers()).length, EVENTS);
    assert(runtime.observer.exits.length >= 2, `${runtime.observer.exits.length} workers were replaced`);
    assert(runtime.observer.exits.every(({ exit }) => exit === "recycled"));
    // Above the ceiling by no more than what it had in hand when it was seen to be: 16 MB each, and as much in garbage.
    assertLess(most, 60 * MB + 4 * 32 * MB);
  });
}

/** Runs a worker that can't start, until the supervisor gives up. */
async function giveUp(entry: string, startMs = 120_000): Promise<TestRuntime> {
  const options = {
    entry: new URL(`../support/misbehaving/${entry}`, import.meta.url),
    intensity: { restarts: 3, periodMs: 60_000 },
    startMs,
  };
  const runtime = new TestRuntime({ options });
  await runtime.backend.append([misbehavingEvent("case-1", 1)]);
  await runtime.supervisor.start();
  const ending = await runtime.supervisor.ended();
  if (ending.kind !== "escalated") throw new Error("It did not give up");
  assertStringIncludes(ending.reason, "more often than allowed");
  assertEquals(runtime.observer.exits.map(({ exit }) => exit), Array(4).fill("start_failed"));
  assertEquals([runtime.observer.done, runtime.observer.retries], [0, []]);
  return runtime;
}

Deno.test("a worker that can't be found is started again, and then given up on", async () => {
  await using _ = await giveUp("missing_worker.ts");
});

Deno.test("a worker that throws while it is loaded is started again, and then given up on", async () => {
  await using runtime = await giveUp("worker_that_cannot_load.ts");
  assertStringIncludes(runtime.observer.exits[0]!.reason, "broken at import");
});

Deno.test("a worker that is never ready is started again, and then given up on", async () => {
  await using runtime = await giveUp("worker_that_never_answers.ts", 200);
  assertStringIncludes(runtime.observer.exits[0]!.reason, "not ready within 200 ms");
});

/** Keeps a core busy until it is disposed of. */
function busyThread(): Disposable {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const source = "self.onmessage = ({ data }) => { while (Atomics.load(data, 0) === 0); self.close(); };";
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, { type: "module" });
  worker.postMessage(stop);
  return { [Symbol.dispose]: () => void Atomics.store(stop, 0, 1) };
}

Deno.test("a worker that falls silent is replaced, and the process goes on, however busy it is (I7)", async () => {
  using _ = busyThread();
  const entry = new URL("../support/misbehaving/worker_that_falls_silent.ts", import.meta.url);
  const runsOn: Promise<boolean>[] = [];
  const options: Partial<SupervisorOptions> = {
    entry,
    hangMs: 200,
    hasRunawayThread(thread) {
      const answer = hasRunawayThread(thread);
      runsOn.push(answer);
      return answer;
    },
  };
  await using runtime = new TestRuntime({ options });
  await runtime.run([misbehavingEvent("case-1", 1)]);
  assertEquals(runtime.observer.exits.map(({ exit }) => exit), Array(3).fill("hung"));
  assertEquals((await runtime.backend.deadLetters.list()).map(({ attempts }) => attempts), [3]);
  assertEquals(await Promise.all(runsOn), [false, false, false]);
});

/** Runs a node with this handler in a process of its own: the thread spins until its process ends. */
async function escapeBy(act: MisbehavingAct) {
  const child = new URL("../support/misbehaving/escaping_node.ts", import.meta.url);
  const run = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", child.pathname, act],
    stderr: "inherit",
  });
  const { code, stdout } = await run.output();
  assertEquals(code, 0);
  const reported = JSON.parse(new TextDecoder().decode(stdout));
  assertStringIncludes(reported.reason, "can only be ended with its process");
  return reported;
}

Deno.test("a worker that escapes the guard is found to hang, and the process is asked to go (I7)", async () => {
  const reported = await escapeBy("escape");
  assertEquals(reported.exits, ["hung", "hung"]);
  assertEquals(reported.retries, [["case-1", 1, "WorkerDied"]]);
  assertEquals(reported.answers, { "case-0": [1], "case-2": [1] });
});

Deno.test("what a handler leaves behind and never ends is found when all is done, and blames nobody (I7)", async () => {
  const reported = await escapeBy("await_loop");
  assertEquals([reported.exits, reported.retries], [["hung"], []]);
  assertEquals(reported.answers, { "case-0": [1], "case-1": [1], "case-2": [1] });
});
