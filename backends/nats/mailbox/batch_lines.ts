/** Chooses the deliveries of the next batch and writes their lines. @module */
import { Buffer } from "node:buffer";
import type { HistoryNeed } from "../../mailbox/mailbox.ts";
import { mapConcurrently } from "../../primitives/concurrency.ts";
import type { BatchLimits } from "../../mailbox/batch_size.ts";
import { readAt, READS_AT_ONCE } from "../stream/direct_get.ts";
import type { RawMessage } from "../stream/ordered_reader.ts";
import { caseOf, malformedRest } from "../stream/malformed_message.ts";
import { deliveryLineOf, envelopeOf, isEvent, splitPayload } from "../stream/message.ts";
import { dueAt, type ParkedDelivery, redeliverable } from "../../settlement/parked_case.ts";
import type { ParkedCaseRecord } from "./parked_cases.ts";
import type { NatsContext } from "../context.ts";

const LINE_BREAK = 10;
const encoder = new TextEncoder();

/** The first lines, as many as fit one batch. */
function takeFitting<L>(
  lines: Iterable<L>,
  bytesOf: (line: L) => number,
  { batchSize, batchBytes }: BatchLimits,
): L[] {
  const chosen: L[] = [];
  let bytes = -1;
  for (const line of lines) {
    bytes += bytesOf(line) + 1;
    if (chosen.length > 0 && (chosen.length === batchSize || bytes > batchBytes)) break;
    chosen.push(line);
  }
  return chosen;
}

/** A line of a fresh delivery: its ASCII head, and the event as the bytes that were stored. */
interface FreshLine {
  readonly head: string;
  readonly rest: Uint8Array;
}

const bytesOf = ({ head, rest }: FreshLine) => head.length + rest.length;

/** Learns the versions of cases from the events that pass; most of these cases get outputs. */
interface CaseObserver {
  observe(caseId: string, position: number, version: number, eventId: string): void;
  observeMalformed(caseId: string, position: number): void;
}

/** The lines of the next batch of fresh deliveries. Only the short fields of an event are decoded. */
export function freshLines(
  cases: CaseObserver,
  messages: readonly RawMessage[],
  isParked: (caseId: string) => boolean,
  limits: BatchLimits,
): { lines: Uint8Array; count: number } {
  const chosen = takeFitting(linesFrom(cases, messages, isParked), bytesOf, limits);
  return { lines: joinLines(chosen), count: chosen.length };
}

function* linesFrom(
  cases: CaseObserver,
  messages: readonly RawMessage[],
  isParked: (caseId: string) => boolean,
): Generator<FreshLine> {
  for (const message of messages) {
    const { position, recordedAt, data } = message;
    const event = splitPayload(data) ?? malformedEvent(message);
    const { version, caseId, rest } = event;
    if (event.eventId === undefined) cases.observeMalformed(caseId, position);
    else cases.observe(caseId, position, version, event.eventId);
    yield { head: `${position}\t${version}\t1\t${isParked(caseId) ? 1 : 0}\t${recordedAt}`, rest };
  }
}

/** What is no event, as a delivery of the case that its subject names. */
function malformedEvent({ position, recordedAt, data, source: { subject } }: RawMessage) {
  const rest = malformedRest({ position, recordedAt, subject, content: data });
  return { version: 0, eventId: undefined, caseId: caseOf(subject), rest: encoder.encode(rest) };
}

/** The lines in one buffer, separated by line breaks. */
function joinLines(chosen: readonly FreshLine[]): Uint8Array {
  const lines = new Uint8Array(chosen.reduce((sum, line) => sum + bytesOf(line) + 1, 0));
  let at = 0;
  for (const { head, rest } of chosen) {
    at += encoder.encodeInto(head, lines.subarray(at)).written;
    lines.set(rest, at);
    at += rest.length;
    lines[at++] = LINE_BREAK;
  }
  return lines.subarray(0, -1);
}

/**
 * The due deliveries of parked cases, by position. Cases are added one after the other, each from its head, so that a full
 * batch cuts a case only at its end.
 */
export async function redeliveryLines(
  context: Pick<NatsContext, "client" | "stream" | "clock">,
  cases: Iterable<ParkedCaseRecord>,
  limits: BatchLimits,
): Promise<string[]> {
  const now = context.clock.now();
  const due = [...cases].filter(({ waiting }) => dueAt(waiting) <= now)
    .sort((a, b) => a.waiting[0]!.position - b.waiting[0]!.position)
    .flatMap(({ waiting }) => redeliverable(waiting))
    .slice(0, limits.batchSize);
  if (due.length === 0) return [];
  const lines = await mapConcurrently(READS_AT_ONCE, due, (delivery) => redeliveryLine(context, delivery));
  return takeFitting(lines, (line) => Buffer.byteLength(line), limits).sort((a, b) =>
    Number.parseInt(a, 10) - Number.parseInt(b, 10)
  );
}

async function redeliveryLine(
  { client, stream }: Pick<NatsContext, "client" | "stream">,
  delivery: ParkedDelivery,
): Promise<string> {
  const stored = await readAt(client, stream, delivery.position);
  if (stored === undefined) {
    throw new Error(`The event at position ${delivery.position} is gone from the stream`);
  }
  return deliveryLineOf(stored, delivery.attempts + 1, false);
}

/** The events of the given types between two versions of each case, from which a worker folds the states it lacks. */
export async function readHistories(
  { caseHeads }: Pick<NatsContext, "caseHeads">,
  needs: readonly HistoryNeed[],
  types: readonly string[],
): Promise<string> {
  const wanted = needs.filter(({ after, before }) => before - after > 1)
    .sort((a, b) => a.caseId < b.caseId ? -1 : 1);
  const histories = await caseHeads.readHistories([...new Set(wanted.map(({ caseId }) => caseId))]);
  const lines = wanted.flatMap(({ caseId, after, before }) =>
    (histories.get(caseId) ?? []).filter((stored) => {
      if (!isEvent(stored)) return false;
      const { version, type } = envelopeOf(stored);
      return version > after && version < before && types.includes(type);
    })
  );
  return lines.map((stored) => deliveryLineOf(stored, 0, false)).join("\n");
}
