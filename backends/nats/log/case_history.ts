/**
 * Reads the events of many cases at once. Reading them case by case makes the server search whole blocks for each; it finds
 * the last message of every subject of a case by its index, and most cases have one event of a type.
 * @module
 */
import type { Subjects } from "../../../schema/nats.ts";
import { mapConcurrently } from "../../primitives/concurrency.ts";
import type { NatsClient } from "../connection/client.ts";
import { readAllOf, readLastPerSubject, READS_AT_ONCE, type StreamMessage } from "../stream/direct_get.ts";
import { caseOf } from "../stream/malformed_message.ts";
import { envelopeOf, isEvent } from "../stream/message.ts";

interface HistorySource {
  readonly client: NatsClient;
  readonly stream: string;
  readonly subjects: Subjects;
  readonly partitionOf: (caseId: string) => number;
}

/** Cases a request asks for: an answer has 1,024 messages at most. */
const CASES_PER_REQUEST = 60;

/** The events of each of these cases, in order; a case without any is left out. */
export async function readCaseHistories(
  source: HistorySource,
  caseIds: readonly string[],
): Promise<Map<string, StreamMessage[]>> {
  const chunks = Array.from(
    { length: Math.ceil(caseIds.length / CASES_PER_REQUEST) },
    (_, i) => caseIds.slice(i * CASES_PER_REQUEST, (i + 1) * CASES_PER_REQUEST),
  );
  return new Map(
    (await mapConcurrently(READS_AT_ONCE, chunks, (chunk) => readChunk(source, chunk))).flat(),
  );
}

async function readChunk(
  source: HistorySource,
  caseIds: readonly string[],
): Promise<[string, StreamMessage[]][]> {
  const { client, stream, subjects, partitionOf } = source;
  const filters = caseIds.map((caseId) => subjects.case(partitionOf(caseId), caseId));
  const found = await readLastPerSubject(client, stream, filters);
  if (found === undefined) return await readHalves(source, caseIds);
  const lasts = Map.groupBy(found, ({ subject }) => caseOf(subject));
  const histories = await Promise.all(caseIds.map(async (caseId): Promise<[string, StreamMessage[]]> => [
    caseId,
    await completeHistory(source, caseId, lasts.get(caseId)),
  ]));
  return histories.filter(([, events]) => events.length > 0);
}

async function readHalves(
  source: HistorySource,
  caseIds: readonly string[],
): Promise<[string, StreamMessage[]][]> {
  const half = caseIds.length >> 1;
  if (half === 0) return [[caseIds[0]!, await readOne(source, caseIds[0]!)]];
  return [
    ...await readChunk(source, caseIds.slice(0, half)),
    ...await readChunk(source, caseIds.slice(half)),
  ];
}

/**
 * All events of a case, of which the last one of each type is given. The server may leave out a message that is replaced
 * while it searches: a case without any is read by itself.
 */
async function completeHistory(
  source: HistorySource,
  caseId: string,
  lasts: readonly StreamMessage[] = [],
): Promise<StreamMessage[]> {
  if (lasts.length === 0) return await readOne(source, caseId);
  if (isComplete(lasts)) return inStoredOrder(lasts);
  const { client, stream } = source;
  const all = (await Promise.all(lasts.map(({ subject }) => readAllOf(client, stream, subject)))).flat();
  return isComplete(all) ? inStoredOrder(all) : await readOne(source, caseId);
}

function readOne(
  { client, stream, subjects, partitionOf }: HistorySource,
  caseId: string,
): Promise<StreamMessage[]> {
  return readAllOf(client, stream, subjects.case(partitionOf(caseId), caseId));
}

/** Versions begin at 1 and have no gaps. Never so with what is no event among them, which may hide others of its type. */
function isComplete(events: readonly StreamMessage[]): boolean {
  return events.every(isEvent) &&
    Math.max(...events.map((event) => envelopeOf(event).version)) === events.length;
}

function inStoredOrder(events: readonly StreamMessage[]): StreamMessage[] {
  return [...events].sort((a, b) => a.position - b.position);
}
