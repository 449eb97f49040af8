/** The lines of batches: which deliveries go into the next one. @module */
import { Buffer } from "node:buffer";
import type { HistoryNeed } from "../../mailbox/mailbox.ts";
import type { BatchLimits } from "../../mailbox/batch_size.ts";
import type { CaseHeadCache } from "../log/case_heads.ts";
import { readAt } from "../stream/direct_get.ts";
import type { RawMessage } from "../stream/ordered_reader.ts";
import { deliveryLineOf, envelopeOf, splitPayload } from "../stream/message.ts";
import { dueAt, type ParkedDelivery, redeliverable } from "../../settlement/parked_case.ts";
import type { ParkedCaseRecord } from "./parked_cases.ts";
import type { NatsContext } from "../context.ts";

const READS_AT_ONCE = 32;
const LINE_BREAK = 10;
const encoder = new TextEncoder();

/** As many of the lines, from the first on, as one batch may hold. */
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

/** A line of a fresh delivery: what is known of it, in digits and tabs, and the event as it was stored. */
interface FreshLine {
  readonly head: string;
  readonly rest: Uint8Array;
}

const bytesOf = ({ head, rest }: FreshLine) => head.length + rest.length;

/**
 * The next stretch of a feed, as the lines of a batch: text is made of an event's short fields only. What it tells of its
 * cases is taken note of: most get outputs.
 */
export function freshLines(
  book: CaseHeadCache,
  messages: readonly RawMessage[],
  isParked: (caseId: string) => boolean,
  limits: BatchLimits,
): { lines: Uint8Array; count: number } {
  const chosen = takeFitting(linesFrom(book, messages, isParked), bytesOf, limits);
  return { lines: joinLines(chosen), count: chosen.length };
}

function* linesFrom(
  book: CaseHeadCache,
  messages: readonly RawMessage[],
  isParked: (caseId: string) => boolean,
): Generator<FreshLine> {
  for (const { position, recordedAt, data } of messages) {
    const { version, eventId, caseId, rest } = splitPayload(data);
    book.observe(caseId, position, version, eventId);
    yield { head: `${position}\t${version}\t1\t${isParked(caseId) ? 1 : 0}\t${recordedAt}`, rest };
  }
}

/** The lines as one piece, with a line break between two. */
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
 * The deliveries of parked cases that are due, by position. Cases go in one after the other, each from its head, so that
 * a case that is cut is cut at its end.
 */
export async function redeliveryLines(
  context: NatsContext,
  cases: Iterable<ParkedCaseRecord>,
  limits: BatchLimits,
): Promise<string[]> {
  const now = context.clock.now();
  const due = [...cases].filter(({ waiting }) => dueAt(waiting) <= now)
    .sort((a, b) => a.waiting[0]!.position - b.waiting[0]!.position)
    .flatMap(({ waiting }) => redeliverable(waiting))
    .slice(0, limits.batchSize);
  if (due.length === 0) return [];
  const lines = await inOrder(due, (delivery) => redeliveryLine(context, delivery));
  return takeFitting(lines, (line) => Buffer.byteLength(line), limits).sort((a, b) =>
    Number.parseInt(a, 10) - Number.parseInt(b, 10)
  );
}

async function redeliveryLine({ client, stream }: NatsContext, delivery: ParkedDelivery): Promise<string> {
  const stored = await readAt(client, stream, delivery.position);
  if (stored === undefined) {
    throw new Error(`The event at position ${delivery.position} is gone from the stream`);
  }
  return deliveryLineOf(stored, delivery.attempts + 1, false);
}

/** Events of the given types that a worker needs to fold the states it lacks: after < version < before, per case. */
export async function readHistories(
  { caseHeads }: NatsContext,
  needs: readonly HistoryNeed[],
  types: readonly string[],
): Promise<string> {
  const wanted = needs.filter(({ after, before }) => before - after > 1)
    .sort((a, b) => a.caseId < b.caseId ? -1 : 1);
  const histories = await caseHeads.readHistories([...new Set(wanted.map(({ caseId }) => caseId))]);
  const lines = wanted.flatMap(({ caseId, after, before }) =>
    (histories.get(caseId) ?? []).filter((stored) => {
      const { version, type } = envelopeOf(stored);
      return version > after && version < before && types.includes(type);
    })
  );
  return lines.map((stored) => deliveryLineOf(stored, 0, false)).join("\n");
}

/** Maps a list with some of the work at once. */
export async function inOrder<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results = new Array<B>(items.length);
  let next = 0;
  const some = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, items.length) }, some));
  return results;
}
