/** What the tests of the console share: batches, mailboxes and a clock that is set by hand. @module */
import type { DeliveryIds, SettledBatch } from "../../../actors/observer.ts";
import type { MailboxHealth } from "../../../backends/health.ts";
import type { NodeFacts } from "../../../console/http/health_report.ts";

export const START = Date.UTC(2026, 0, 15, 9);

/** A clock that is set by hand. */
export function manualClock(start = START): { now: () => number; pass: (ms: number) => void } {
  let time = start;
  return { now: () => time, pass: (ms) => void (time += ms) };
}

export function batch(parts: Partial<SettledBatch> = {}): SettledBatch {
  return { processor: "intake", partition: 0, done: {}, failed: {}, outputs: {}, ...parts };
}

export function ids(parts: Partial<DeliveryIds> = {}): DeliveryIds {
  const eventId = "01943a5e-7c00-7000-8000-000000000001";
  return { processor: "intake", partition: 3, caseId: "zaak-7", eventId, attempt: 2, ...parts };
}

export function mailbox(parts: Partial<MailboxHealth> = {}): MailboxHealth {
  return {
    processor: "intake",
    partition: 0,
    owner: "node-a",
    epoch: 1,
    leaseMs: 5_000,
    pending: 0,
    oldestMs: 0,
    sinceSettledMs: 100,
    parked: 0,
    parkedOldestMs: 0,
    retrying: 0,
    dead: 0,
    ...parts,
  };
}

export function facts(parts: Partial<NodeFacts> = {}): NodeFacts {
  return {
    node: "node-a",
    backend: "postgres",
    startedAt: START,
    processors: ["intake"],
    workers: 2,
    ...parts,
  };
}
