/** Mechanisms of the runtime, each taken out: the simulation must notice every one of them. @module */
import type { SpawnWorker } from "../../actors/pool/spawn_worker.ts";
import type { Backend } from "../../backends/backend.ts";
import { type Batch, linesOf } from "../../backends/mailbox/batch.ts";
import type { FailedDelivery, Mailbox, Settlement } from "../../backends/mailbox/mailbox.ts";
import type { LogEntry } from "../../backends/memory/event_log.ts";
import type { MemoryStore } from "../../backends/memory/memory_store.ts";
import type { WireEvent } from "../../schema/events.ts";
import { partitionOf } from "../../schema/partition.ts";
import { decodeLines, encodeLines, parseLine, parseRow, rowsOf } from "../../schema/delivery_line.ts";
import type { Mutation } from "../../simulators/simulation/simulation_context.ts";
import { override } from "../../backends/primitives/override.ts";

/** A mechanism that is gone, and the invariant that must be seen to break. */
export interface BrokenMechanism {
  readonly name: string;
  readonly breaks: string;
  readonly mutation: Mutation;
}

/** A backend that gives out its mailboxes with parts replaced. */
function withMailboxes(filter: (mailbox: Mailbox, backend: Backend) => Partial<Mailbox>): Mutation {
  return {
    backend: (backend) =>
      override(backend, {
        async *mailboxes(processor, signal) {
          for await (const mailbox of backend.mailboxes(processor, signal)) {
            yield override(mailbox, filter(mailbox, backend));
          }
        },
      }),
  };
}

function withBatches(filter: (batch: Batch) => Batch): Mutation {
  return withMailboxes((mailbox) => ({
    async *batches(signal, permits) {
      for await (const batch of mailbox.batches(signal, permits)) yield filter(batch);
    },
  }));
}

function withSettlements(filter: (settlement: Settlement) => Settlement): Mutation {
  return withMailboxes((mailbox) => ({
    settle: (batch, settlement) => mailbox.settle(batch, filter(settlement)),
  }));
}

function withFailures(filter: (failure: FailedDelivery) => FailedDelivery[]): Mutation {
  return withSettlements((settlement) => ({
    ...settlement,
    failures: settlement.failures.flatMap(filter),
  }));
}

function withForwarded(change: (events: readonly WireEvent[]) => readonly WireEvent[]): Mutation {
  return {
    backend: (backend) => override(backend, { forward: (events) => backend.forward(change(events)) }),
  };
}

const noForwarding = withForwarded((events) => events.slice(1));
const newForwardedIds = withForwarded((events) =>
  events.map((event) => ({ ...event, event_id: crypto.randomUUID() }))
);

/** Every settle is made under the present epoch. */
const noFence: Mutation = {
  store: (store) =>
    override(store, {
      settle: (subscription, _epoch, batch, settlement) =>
        store.settle(subscription, subscription.epoch, batch, settlement),
    }),
};

/** How long after it drew its position an intake is committed. */
function commitMs(eventId: string): number {
  return parseInt(eventId.slice(-2), 16) % 3 === 0 ? 60 : 0;
}

/**
 * A store with transactions that commit after others which drew their positions later. A naive reader takes what it
 * can see; one that is safe takes nothing behind a transaction that is open.
 */
export function lateCommits(reader: "naive" | "safe"): Mutation {
  const commits = new WeakMap<MemoryStore, Map<string, number>>();
  return {
    store(store) {
      const committedAt = commits.get(store) ?? new Map<string, number>();
      commits.set(store, committedAt);
      const log = override(store.log, {
        get slices() {
          return store.log.slices.map((slice) => visible(slice, reader, committedAt));
        },
      });
      return override(store, {
        log,
        append: (events, expected) => {
          for (const event of events) commitLate(event, store, committedAt);
          return store.append(events, expected);
        },
      });
    },
  };
}

function commitLate(
  { event_id, correlation_id }: WireEvent,
  { log, arrived }: MemoryStore,
  committedAt: Map<string, number>,
): void {
  const ms = commitMs(event_id);
  if (!committedAt.has(event_id)) committedAt.set(event_id, performance.now() + ms);
  setTimeout(() => arrived[partitionOf(correlation_id, log.partitions)]!.notifyAll(), ms);
}

function visible(
  slice: readonly LogEntry[],
  reader: "naive" | "safe",
  committedAt: Map<string, number>,
): LogEntry[] {
  const committed = ({ eventId }: LogEntry) => performance.now() >= (committedAt.get(eventId) ?? 0);
  if (reader === "naive") return slice.filter(committed);
  const open = slice.findIndex((entry) => !committed(entry));
  return slice.slice(0, open === -1 ? slice.length : open);
}

/** Later deliveries of a parked case are not held. */
const noParking = withBatches((batch) => ({
  ...batch,
  lines: encodeLines(
    linesOf(batch).map((line) => {
      const fields = line.split("\t");
      fields[3] = "0";
      return fields.join("\t");
    }),
  ),
}));

const randomIds = withSettlements((settlement) => ({
  ...settlement,
  outputs: encodeLines(
    decodeLines(settlement.outputs).map((line) => {
      const fields = line.split("\t");
      fields[2] = crypto.randomUUID();
      return fields.join("\t");
    }),
  ),
}));

/** The progress of a worker is hidden, so that the delivery that ended it is never known for sure. */
const noSuspect: Mutation = {
  spawn: (spawn): SpawnWorker => () => {
    const worker = spawn();
    return override(worker, {
      postMessage(message) {
        const hidden = message.kind === "setup" ? { progress: new SharedArrayBuffer(8) } : {};
        worker.postMessage({ ...message, ...hidden } as typeof message);
      },
    });
  },
};

/** A batch whose worker died can't be cut: all of it is charged with the death. */
const noHalving = withMailboxes((mailbox) => ({
  async *batches(signal, permits) {
    for await (const batch of mailbox.batches(signal, permits)) yield { ...batch, count: 1 };
  },
  settle(batch, settlement) {
    const [death] = settlement.failures.filter(({ outcome }) => isDeath(outcome));
    const all = death === undefined ? settlement.failures : linesOf(batch).map((line): FailedDelivery => {
      const { position, event, attempt } = parseLine(line);
      const { event_id: eventId, correlation_id: caseId } = event;
      return { position, eventId, caseId, attempt, outcome: death.outcome };
    });
    return mailbox.settle(batch, { ...settlement, failures: all });
  },
}));

function isDeath(outcome: FailedDelivery["outcome"]): boolean {
  return outcome.kind !== "held" && outcome.error.class === "WorkerDied";
}

/** First the checkpoint, then the outputs. */
const partialSettle = withMailboxes((mailbox, backend) => ({
  async settle(batch, settlement) {
    const { outputs } = settlement;
    await mailbox.settle(batch, { ...settlement, outputs: new Uint8Array() });
    if (outputs.length > 0) await backend.append(rowsOf(outputs).map((row) => parseRow(row).event));
  },
}));

/** What a node is about to handle is written down nowhere, so that the next owner knows nothing of it. */
const noInFlightMarks = withMailboxes(() => ({ markInFlight: () => Promise.resolve() }));

const noEvidence = withFailures((failure) => {
  const { outcome } = failure;
  if (outcome.kind !== "deadLetter") return [failure];
  return [{ ...failure, outcome: { kind: "deadLetter", error: { ...outcome.error, message: "" } } }];
});

const forgottenRetries = withFailures((failure) => failure.outcome.kind === "retry" ? [] : [failure]);

const noPermits = withMailboxes((mailbox) => ({ batches: (signal) => mailbox.batches(signal) }));

const silentRetries: Mutation = { observer: (observer) => ({ ...observer, retried: () => {} }) };

export const brokenMechanisms: readonly BrokenMechanism[] = [
  { name: "no epoch fence", breaks: "I5", mutation: noFence },
  { name: "a reader that skips late commits", breaks: "I1", mutation: lateCommits("naive") },
  { name: "no parking of cases", breaks: "I3", mutation: noParking },
  { name: "ids that are not derived", breaks: "I2", mutation: randomIds },
  { name: "no suspect", breaks: "I7", mutation: noSuspect },
  { name: "no halving", breaks: "I7", mutation: noHalving },
  { name: "in-flight marks that are not written down", breaks: "I7", mutation: noInFlightMarks },
  { name: "a settle that is not atomic", breaks: "I1", mutation: partialSettle },
  { name: "dead letters without evidence", breaks: "I4", mutation: noEvidence },
  { name: "retries that are forgotten", breaks: "I1", mutation: forgottenRetries },
  { name: "no permits before the workers", breaks: "I6", mutation: noPermits },
  { name: "what is sent to another case is settled and not forwarded", breaks: "I1", mutation: noForwarding },
  { name: "forwarded events under new ids", breaks: "I2", mutation: newForwardedIds },
  { name: "retries that are not shown", breaks: "I8", mutation: silentRetries },
];
