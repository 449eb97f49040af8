import { assert, assertEquals, assertLess } from "@std/assert";
import type { WireEvent } from "../../schema/events.ts";
import { cpuShare } from "../support/cpu_share.ts";
import { type MisbehavingAct, misbehavingEvent } from "../support/misbehaving/processor.ts";
import { TestRuntime, testSupervisorOptions } from "../support/misbehaving/runtime.ts";

const MB = 1024 * 1024;

/** Ten cases of one intake each; one of them makes the processor act. */
function tenWith(act: MisbehavingAct): WireEvent[] {
  return Array.from({ length: 10 }, (_, i) => misbehavingEvent(`case-${i}`, 1, i === 4 ? act : undefined));
}

const OTHERS = [0, 1, 2, 3, 5, 6, 7, 8, 9].map((i) => `case-${i}`);

/** The nine others are done, and each of them once. */
async function assertOthersDone(runtime: TestRuntime): Promise<void> {
  const { "case-4": _, ...others } = await runtime.answers();
  assertEquals(others, Object.fromEntries(OTHERS.map((caseId) => [caseId, [1]])));
}

/** Case 4 has a dead letter, and nobody else has: the failures of its attempts, in their order. */
async function failuresOfDead(runtime: TestRuntime) {
  const letters = await runtime.backend.deadLetters.list();
  assertEquals(letters.map(({ caseId }) => caseId), ["case-4"]);
  const [{ failures, attempts }] = letters as [typeof letters[0]];
  assertEquals(runtime.observer.dead.map(({ ids, error }) => [ids.caseId, ids.attempt, error]), [
    ["case-4", attempts, failures.at(-1)!.class],
  ]);
  return failures;
}

/** The dead letter of case 4: its classes of errors, in the order of attempts. */
async function assertDead(runtime: TestRuntime, classes: string[]): Promise<void> {
  assertEquals((await failuresOfDead(runtime)).map((failure) => failure.class), classes);
}

const rejected: [MisbehavingAct, string, string[]][] = [
  ["throw", "a handler that throws is tried again, and then is a dead letter", Array(3).fill("TypeError")],
  ["reject", "a handler that rejects makes a dead letter at once", ["Reject"]],
  ["nonsense", "a handler that returns nonsense makes a dead letter at once", ["InvalidOutput"]],
  ["promise", "a handler that returns a promise makes a dead letter at once", ["InvalidOutput"]],
  ["failing_promise", "a promise that fails later does not end the worker", ["InvalidOutput"]],
  [
    "loop",
    "a handler that never returns is stopped, and nobody else with it",
    Array(3).fill("DeliveryTimeout"),
  ],
  ["throw_what_spins", "what spins while it is described is stopped too", Array(3).fill("DeliveryTimeout")],
  ["close", "a handler can't close its worker", Array(3).fill("Error")],
  ["exit", "a handler can't exit", Array(3).fill("Error")],
  ["exit_process", "a handler can't exit by way of Node.js", Array(3).fill("Error")],
  ["post", "a handler can't post messages", Array(3).fill("Error")],
  ["start_worker", "a handler can't start a thread", Array(3).fill("Error")],
  ["read_file", "a handler can't read a file", Array(3).fill("NotCapable")],
  ["read_environment", "a handler can't read the environment", Array(3).fill("NotCapable")],
  ["open_port", "a handler can't reach the network", Array(3).fill("NotCapable")],
  ["run_program", "a handler can't run a program", Array(3).fill("NotCapable")],
];

/** For what is stopped only then; what else is too late meanwhile is tried again. */
const SOON = { deliveryTimeoutMs: 150 };

for (const [act, sentence, classes] of rejected) {
  Deno.test(`${sentence} (I1, I7)`, async () => {
    const options = classes.includes("DeliveryTimeout") ? SOON : {};
    await using runtime = await new TestRuntime({ options }).run(tenWith(act));
    await assertDead(runtime, classes);
    await assertOthersDone(runtime);
    assertEquals(runtime.observer.exits, []);
  });
}

/** What earlier tests have left may still be cleared away; a thread that spins is there for ever. */
const COMES_TO_REST_MS = 60_000;

/** Nothing is left of what went on: no memory, and no thread that spins. */
async function assertAtRest(runtime: TestRuntime): Promise<void> {
  const began = performance.now();
  while (await cpuShare() >= 0.3) assertLess(performance.now() - began, COMES_TO_REST_MS, "a thread spins");
  assertLess(Math.max(...runtime.supervisor.heapBytes), 60 * MB);
}

Deno.test("a handler that floods its parent ends its worker, and only its delivery pays (I6, I7)", async () => {
  const entry = new URL("../support/misbehaving/worker_that_posts.ts", import.meta.url);
  const before = Deno.memoryUsage().rss;
  const policy = { ...testSupervisorOptions.policy, maxAttempts: 5 };
  const options = { ...SOON, entry, policy };
  await using runtime = await new TestRuntime({ options }).run(tenWith("post_forever"));
  // Each attempt may post for 150 ms at most, whether or not somebody listens.
  assertLess(Deno.memoryUsage().rss - before, 1_000 * MB);
  const failures = await failuresOfDead(runtime);
  assertEquals(failures.length, 5);
  // An attempt that got no time to post anything ends at its limit.
  const posted = failures.filter((failure) => failure.class !== "DeliveryTimeout");
  assert(posted.length > 0);
  assertEquals(posted.map((failure) => failure.class), posted.map(() => "WorkerDied"));
  assert(posted.every(({ message }) => message.includes("it answered what was not asked")));
  await assertOthersDone(runtime);
  await assertAtRest(runtime);
});

Deno.test("a handler that allocates buffers without end is stopped, and its worker replaced (I6, I7)", async () => {
  const options = { ...SOON, heapCeilingBytes: 60 * MB };
  await using runtime = await new TestRuntime({ options }).run(tenWith("blow_buffers"));
  await assertDead(runtime, Array(3).fill("DeliveryTimeout"));
  await assertOthersDone(runtime);
  // An attempt that got no time to allocate much leaves its worker as it was.
  const exits = runtime.observer.exits.map(({ exit }) => exit);
  assert(exits.length >= 1 && exits.length <= 3 && exits.every((exit) => exit === "recycled"), `${exits}`);
  await assertAtRest(runtime);
});

Deno.test("deliveries that are slow together and honest each are not blamed", async () => {
  const slow = Array.from({ length: 8 }, (_, i) => misbehavingEvent(`case-${i}`, 1, "slow"));
  await using runtime = await new TestRuntime().run(slow);
  assertEquals([runtime.observer.done, runtime.observer.retries, runtime.observer.exits], [8, [], []]);
});

for (const act of ["outside_microtask", "outside_timeout"] as const) {
  Deno.test(`an error outside of a handler (${act}) costs a worker and no event (I1, I7)`, async () => {
    await using runtime = await new TestRuntime().run(tenWith(act));
    await runtime.observer.waitUntil("the worker died", () => runtime.observer.exits.length > 0);
    await runtime.backend.append(OTHERS.map((caseId) => misbehavingEvent(caseId, 2)));
    await runtime.waitUntilIdle();
    const { "case-4": _, ...others } = await runtime.answers();
    assertEquals(others, Object.fromEntries(OTHERS.map((caseId) => [caseId, [1, 2]])));
    assertLess(runtime.observer.exits.length, 10);
    assert(runtime.observer.exits.every(({ exit }) => exit === "threw"));
    assert(runtime.observer.dead.every(({ ids }) => ids.caseId === "case-4"));
  });
}
