import { assertEquals } from "@std/assert";
import { SharedLock } from "../../../backends/primitives/shared_lock.ts";
import { type ActorContext, MailboxActor } from "../../../actors/actor.ts";
import type { WorkerPool } from "../../../actors/pool/worker_pool.ts";
import { BackendUnavailable } from "../../../backends/errors.ts";
import type { Batch } from "../../../backends/mailbox/batch.ts";
import type { CrashedOwner, Mailbox, Settlement } from "../../../backends/mailbox/mailbox.ts";
import { PrioritySemaphore } from "../../../backends/primitives/priority_semaphore.ts";
import { deliveryLine, encodeLines } from "../../../schema/delivery_line.ts";
import { anEvent } from "../../support/events.ts";
import { RecordingObserver } from "../../support/recording_observer.ts";
import { testSupervisorOptions } from "../../support/misbehaving/runtime.ts";

const event = anEvent("case-1", 1);
const lines = encodeLines([
  deliveryLine({ position: 1, version: 1, attempt: 1, held: false, recordedAt: 0, event }),
]);
const batch: Batch = { kind: "fresh", lines, count: 1, from: 0, to: 1 };

/** A mailbox whose owner died, and which yields delivery 1 until it is stopped. */
function inherited(crashedOwner: CrashedOwner, settle: (settlement: Settlement) => Promise<void>): Mailbox {
  return {
    ...{ processor: "misbehaving", partition: 0, epoch: 2, revoked: new AbortController().signal },
    lease: { partition: 0, epoch: 2 },
    crashedOwner,
    async *batches(signal) {
      while (!signal.aborted) yield await Promise.resolve(batch);
    },
    markInFlight: () => Promise.resolve(),
    settle: (_, settlement) => settle(settlement),
    histories: () => Promise.resolve(""),
    close: () => Promise.resolve(),
  };
}

/** Workers whose batches all succeed. */
const pool = {
  semaphore: () => new PrioritySemaphore(1),
  run: () =>
    Promise.resolve({ outputs: new Uint8Array(), outputTypes: {}, timers: [], failedAttempts: [], done: {} }),
} as unknown as WorkerPool;

/** What all actors of a process share. */
function sharedContext(): ActorContext {
  const { policy } = testSupervisorOptions;
  const [lock, observer] = [new SharedLock(), new RecordingObserver()];
  return { pool, priority: 0, lock, observer, policy, now: () => new Date(), random: Math.random };
}

Deno.test("a crash of the node is charged once, also when the answer to its settlement is lost", async () => {
  const stop = new AbortController();
  const settled: string[] = [];
  const died: CrashedOwner = { inFlight: { first: 1, last: 1, exclusive: true } };
  const mailbox = inherited(died, ({ failures }) => {
    const [first] = failures;
    settled.push(first === undefined || first.outcome.kind === "held" ? "done" : first.outcome.error.class);
    if (settled.length === 1) return Promise.reject(new BackendUnavailable("no answer"));
    stop.abort();
    return Promise.resolve();
  });
  await new MailboxActor(mailbox, sharedContext()).run(stop.signal);
  assertEquals(settled, ["NodeDied", "done"]);
});

Deno.test("while the store has a delivery marked as exclusively in flight nothing else is handled", async () => {
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  const observed: string[] = [];
  const suspected = inherited({ inFlight: { first: 1, last: 1, exclusive: false } }, async () => {
    asked.resolve();
    await stored.promise;
    observed.push("settled");
    stop.abort();
  });
  const context = sharedContext();
  const first = new MailboxActor(suspected, context).run(stop.signal);
  await asked.promise;
  const other = context.lock.acquireShared().then((release) => (observed.push("handled"), release()));
  await new Promise((resolve) => setTimeout(resolve));
  stored.resolve();
  await Promise.all([first, other]);
  assertEquals(observed, ["settled", "handled"]);
});
