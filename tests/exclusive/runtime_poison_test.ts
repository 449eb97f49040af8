import { assert, assertEquals, assertLess } from "@std/assert";
import type { SupervisorOptions } from "../../actors/supervisor.ts";
import type { WireEvent } from "../../schema/events.ts";
import {
  type MisbehavingAct,
  misbehavingEvent,
  misbehavingProcessor,
} from "../support/misbehaving/processor.ts";
import { KILLING_CASE, reactingProcessor } from "../support/misbehaving/reacting_processor.ts";
import { TestRuntime, testSupervisorOptions } from "../support/misbehaving/runtime.ts";

const CASES = Array.from({ length: 8 }, (_, i) => `case-${i}`);

/** Intakes 1 … each of every case, interleaved; those that are named act. */
function intakes(each: number, acts: Record<string, MisbehavingAct>): WireEvent[] {
  const numbers = Array.from({ length: each }, (_, i) => i + 1);
  return numbers.flatMap((n) => CASES.map((caseId) => misbehavingEvent(caseId, n, acts[`${caseId}/${n}`])));
}

async function run(acts: Record<string, MisbehavingAct>, each = 3, maxAttempts = 3): Promise<TestRuntime> {
  return await runWith({ policy: { ...testSupervisorOptions.policy, maxAttempts } }, acts, each);
}

async function runWith(options: Partial<SupervisorOptions>, acts: Record<string, MisbehavingAct>, each = 3) {
  return await new TestRuntime({ options }).run(intakes(each, acts));
}

/** Every case is done up to its last intake, in order, but for the ones that are named. */
async function assertDoneInOrder(runtime: TestRuntime, each: number, except: Record<string, number[]> = {}) {
  const numbers = Array.from({ length: each }, (_, i) => i + 1);
  const expected = Object.fromEntries(CASES.map((caseId) => [caseId, except[caseId] ?? numbers]));
  const answers = await runtime.answers();
  assertEquals(Object.fromEntries(CASES.map((caseId) => [caseId, answers[caseId] ?? []])), expected);
}

Deno.test("a delivery that kills its worker is found at once, and given up after its attempts (I7)", async () => {
  await using runtime = await run({ "case-3/2": "sabotage" });
  const [letter, ...more] = await runtime.backend.deadLetters.list();
  assertEquals([letter?.caseId, letter?.attempts, letter?.held, more.length], ["case-3", 3, 1, 0]);
  assertEquals(letter!.failures.map((failure) => failure.class), Array(3).fill("WorkerDied"));
  assert(
    letter!.failures.every(({ message }) => message.includes("sabotage")),
    "the evidence names the cause",
  );
  // Once among others, which finds it; from then on it is handled alone, at every attempt once.
  assertEquals(runtime.observer.exits.map(({ exit }) => exit), Array(4).fill("threw"));
  await assertDoneInOrder(runtime, 3, { "case-3": [1] });
});

Deno.test("what kills in the middle of a pass costs no more workers than what was there before it (I7)", async () => {
  const entry = new URL("../support/misbehaving/worker_of_two.ts", import.meta.url);
  const processors = [misbehavingProcessor, reactingProcessor];
  await using runtime = await new TestRuntime({ options: { entry }, processors }).run(intakes(3, {}));
  const letters = await runtime.backend.deadLetters.list();
  assertEquals(letters.map(({ caseId, processor, attempts, held }) => [caseId, processor, attempts, held]), [
    [KILLING_CASE, "reacting", 3, 1],
  ]);
  // Once in the pass, which finds its case; from then on it is handled alone.
  assertEquals(runtime.observer.exits.map(({ exit }) => exit), Array(4).fill("threw"));
  await assertDoneInOrder(runtime, 3);
});

Deno.test("what is kept of a death is text that any store takes, of a bounded length (I4)", async () => {
  await using runtime = await run({ "case-3/2": "sabotage_loudly" });
  const [letter] = await runtime.backend.deadLetters.list();
  for (const { message } of letter!.failures) {
    assertLess(message.length, 2_200);
    assert(message.isWellFormed() && !message.includes("\0"));
  }
  assert(runtime.observer.exits.every(({ reason }) => reason.length <= 2_000), "nor is more of it logged");
});

Deno.test("three deliveries that kill cost a bounded number of workers, and nobody else anything (I7)", async () => {
  const acts = { "case-0/1": "sabotage", "case-5/2": "sabotage", "case-7/3": "sabotage" } as const;
  await using runtime = await run(acts);
  assertEquals(await runtime.backend.deadLetters.count(), 3);
  assert(runtime.observer.exits.length <= 3 * 4, `${runtime.observer.exits.length} workers died`);
  await assertDoneInOrder(runtime, 3, { "case-0": [], "case-5": [1], "case-7": [1, 2] });
});

Deno.test("deaths of what is known to kill do not exhaust the restart intensity (I7)", async () => {
  const acts = { "case-0/1": "sabotage", "case-5/2": "sabotage" } as const;
  const policy = { ...testSupervisorOptions.policy, maxAttempts: 5 };
  // Each is found once; their ten attempts are not counted.
  const options = { policy, intensity: { restarts: 2, periodMs: 60_000 } };
  await using runtime = await new TestRuntime({ options }).run(intakes(3, acts));
  assertEquals(await runtime.backend.deadLetters.count(), 2);
  assertEquals(runtime.observer.exits.length, 12);
  await assertDoneInOrder(runtime, 3, { "case-0": [], "case-5": [1] });
});

Deno.test("what a killing delivery cuts off of its case waits for it, also in the same batch (I3)", async () => {
  await using runtime = await run({ "case-3/1": "sabotage" });
  await assertDoneInOrder(runtime, 3, { "case-3": [] });
  const held = runtime.observer.holds.filter(({ caseId }) => caseId === "case-3");
  assert(held.length >= 2, "the two later ones were told to wait");
});

Deno.test("a case that failed in one part of a batch is held in the next parts (I3)", async () => {
  // Case 1 fails before the batch is cut behind case 4, and must not go on after the cut.
  await using runtime = await run({ "case-1/1": "throw", "case-4/1": "sabotage" });
  await assertDoneInOrder(runtime, 3, { "case-1": [], "case-4": [] });
});

Deno.test("a case keeps its order through retries (I3)", async () => {
  const acts = { "case-2/1": "throw_twice", "case-2/3": "throw_twice", "case-5/2": "throw_twice" } as const;
  await using runtime = await run(acts, 5);
  await assertDoneInOrder(runtime, 5);
  assertEquals(runtime.observer.retries.length, 6);
});

Deno.test("a case keeps its order through a dead letter and its redrive (I3, I4)", async () => {
  await using runtime = await run({ "case-2/2": "throw_twice" }, 4, 2);
  await assertDoneInOrder(runtime, 4, { "case-2": [1] });
  await runtime.backend.append([misbehavingEvent("case-2", 5)]);
  await runtime.waitUntilIdle();
  assertEquals(
    await runtime.backend.deadLetters.redrive({ caseId: "case-2" }, { by: "me", why: "mended" }),
    1,
  );
  await runtime.waitUntilIdle();
  await assertDoneInOrder(runtime, 4, { "case-2": [1, 2, 3, 4, 5] });
});

Deno.test("the state at every delivery is what came before it, however often it was tried", async () => {
  await using runtime = await run({ "case-2/3": "throw_twice", "case-4/4": "sabotage" }, 4, 5);
  for await (const { event } of runtime.backend.readCase("case-2")) {
    if (event.event_type !== "case.analysis") continue;
    const before = Array.from({ length: event.data.n as number - 1 }, (_, i) => i + 1);
    assertEquals(event.data.seen, before);
  }
});

Deno.test("a message of a handler's own ends its worker, and only its delivery pays (I7)", async () => {
  const entry = new URL("../support/misbehaving/worker_that_posts.ts", import.meta.url);
  await using runtime = await runWith({ entry }, { "case-3/2": "chatter" });
  // Whether it is done before its message is heard is a matter of luck; that the others are done is not.
  const { "case-3": own, ...others } = await runtime.answers();
  assert(own?.length === 1 || own?.length === 3);
  assert(Object.values(others).every((each) => each.length === 3));
  // Nobody knows which delivery it was: five halvings of 24 and two deaths an attempt, with some to spare.
  const { length } = runtime.observer.exits;
  assert(length >= 1 && length <= 16, `${length} workers died`);
});

Deno.test("every retry, held delivery, dead letter and restart is told with its ids (I8)", async () => {
  await using runtime = await run({ "case-3/2": "throw" });
  const { observer: seen } = runtime;
  const [wire] = await Array.fromAsync(runtime.backend.readCase("case-3")).then((all) =>
    all.filter(({ event }) => event.data.act === "throw")
  );
  const ids = { processor: "misbehaving", partition: 0, caseId: "case-3", eventId: wire!.event.event_id };
  assertEquals(seen.retries.map((reported) => reported.ids), [{ ...ids, attempt: 1 }, {
    ...ids,
    attempt: 2,
  }]);
  assertEquals(seen.dead, [{ ids: { ...ids, attempt: 3 }, error: "TypeError" }]);
  assertEquals(seen.holds.map(({ caseId }) => caseId), Array(3).fill("case-3"));
  assertEquals(seen.done, CASES.length * 3 - 2);
  const failed = seen.batches.map(({ failed }) => failed["case.intake"] ?? 0).reduce((sum, n) => sum + n, 0);
  assertEquals(failed, 3);
});
