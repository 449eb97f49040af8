/** The suite's own worker: reads the lines of a batch and makes the settlement by hand. @module */
import { type Batch, linesOf } from "../../backends/mailbox/batch.ts";
import type {
  FailedDelivery,
  Failure,
  Settlement,
  StoredTimerChange,
} from "../../backends/mailbox/mailbox.ts";
import type { WireEvent } from "../../schema/events.ts";
import { fixedId } from "../support/misbehaving/fixed_ids.ts";
import { type Delivery, encodeLines, outputLine, parseLine, storeRow } from "../../schema/delivery_line.ts";

export type { Delivery };

/** What the suite's worker decides on one delivery. */
export type PlannedOutcome = "done" | "dead" | { readonly retryAfterMs: number };

/** The deliveries of a batch, in order. */
export function deliveries(batch: Batch): Delivery[] {
  return linesOf(batch).map(parseLine);
}

/** Delivery lines, read. */
export function readLines(lines: string): Delivery[] {
  return lines === "" ? [] : lines.split("\n").map(parseLine);
}

/** What is not simply done in a settlement; outputs as rows. */
export interface SettlementFields {
  outputs?: readonly string[];
  /** The version of its case that each output will be, for all the worker knows. */
  versions?: readonly number[];
  failures?: readonly FailedDelivery[];
  timers?: readonly StoredTimerChange[];
}

/** A settlement in which everything is done, but for what is named. */
export function settlement(
  { outputs = [], versions, failures: failures = [], timers = [] }: SettlementFields = {},
): Settlement {
  const outputTypes: Record<string, number> = {};
  for (const row of outputs) {
    const type = row.split("\t")[2]!;
    outputTypes[type] = (outputTypes[type] ?? 0) + 1;
  }
  const lines = outputs.map((row, i) => outputLine(row, versions?.[i] ?? 1));
  return { outputs: encodeLines(lines), outputTypes, failures, timers };
}

/** What went wrong in an attempt of a delivery: other words for each attempt. */
export function failureOf({ event, attempt }: Delivery): Failure {
  return {
    class: "PaymentRefused",
    message: `Attempt ${attempt} failed`,
    stack: `PaymentRefused: Attempt ${attempt} failed\n    at handle (intake.ts:${attempt})`,
    at: event.timestamp,
  };
}

/** The delivery is to be tried again. */
export function retryOf(delivery: Delivery, afterMs: number): FailedDelivery {
  return failedDelivery(delivery, { kind: "retry", error: failureOf(delivery), afterMs });
}

/** The delivery is given up. */
export function deadOf(delivery: Delivery): FailedDelivery {
  return failedDelivery(delivery, { kind: "deadLetter", error: failureOf(delivery) });
}

/** The delivery waits behind an earlier one of its case. */
export function heldOf(delivery: Delivery): FailedDelivery {
  return { ...failedDelivery(delivery, { kind: "held" }), attempt: 0 };
}

function failedDelivery(
  { position, attempt, event }: Delivery,
  outcome: FailedDelivery["outcome"],
): FailedDelivery {
  return { position, eventId: event.event_id, caseId: event.correlation_id, attempt, outcome };
}

/** An event that handling a delivery gave, with the id that every try of it gives. */
export function outputOf({ event }: Delivery, index = 0): WireEvent {
  return {
    event_id: fixedId(event.event_id, Date.parse(event.timestamp), "intake", index),
    event_type: "case.analysis",
    timestamp: event.timestamp,
    correlation_id: event.correlation_id,
    data: { case_id: event.correlation_id, index },
    metadata: { schema_version: 1, causation_id: event.event_id },
  };
}

/** A timer that appends an event to its case. */
export function timerOf(name: string, at: number, event: WireEvent, partition: number): StoredTimerChange {
  const caseId = event.correlation_id;
  return {
    kind: "set",
    processor: "intake",
    caseId,
    name,
    at: new Date(at).toISOString(),
    row: storeRow(event, partition),
  };
}

/** Settles as a worker does: in order, and a case that failed holds what comes behind. */
export function settleBatch(batch: Batch, decide: (delivery: Delivery) => PlannedOutcome): Settlement {
  const failed = new Set<string>();
  const failures: FailedDelivery[] = [];
  for (const delivery of deliveries(batch)) {
    const made = plannedFailure(delivery, failed.has(delivery.event.correlation_id), decide);
    if (made === null) continue;
    failed.add(delivery.event.correlation_id);
    failures.push(made);
  }
  return settlement({ failures });
}

function plannedFailure(
  delivery: Delivery,
  behind: boolean,
  decide: (delivery: Delivery) => PlannedOutcome,
): FailedDelivery | null {
  if (behind || delivery.held) return heldOf(delivery);
  const outcome = decide(delivery);
  if (outcome === "done") return null;
  return outcome === "dead" ? deadOf(delivery) : retryOf(delivery, outcome.retryAfterMs);
}
