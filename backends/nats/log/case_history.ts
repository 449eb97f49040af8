/**
 * The events of cases, many cases at once. Asking for them one by one makes the server look through whole blocks for each;
 * the last message of every subject of a case it finds at once, and most cases have one event of a type.
 * @module
 */
import type { Subjects } from "../../../schema/nats.ts";
import { textOf } from "../../../schema/nats.ts";
import { BackendUnavailable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";
import { inOrder } from "../mailbox/batch_lines.ts";
import { readAllOf, type StreamMessage, toStreamMessage } from "../stream/direct_get.ts";
import { envelopeOf } from "../stream/message.ts";

interface HistorySource {
  readonly client: NatsClient;
  readonly stream: string;
  readonly subjects: Subjects;
  readonly partitionOf: (caseId: string) => number;
}

/** A request is answered with 1,024 messages at most. */
const CASES_AT_ONCE = 60;
const [NOTHING, END, TOO_MANY] = [404, 204, 413];

/** The events of each of these cases, in order; a case without any is left out. */
export async function readCaseHistories(
  source: HistorySource,
  caseIds: readonly string[],
): Promise<Map<string, StreamMessage[]>> {
  const chunks = Array.from(
    { length: Math.ceil(caseIds.length / CASES_AT_ONCE) },
    (_, i) => caseIds.slice(i * CASES_AT_ONCE, (i + 1) * CASES_AT_ONCE),
  );
  return new Map((await inOrder(chunks, (part) => readChunk(source, part))).flat());
}

async function readChunk(
  source: HistorySource,
  caseIds: readonly string[],
): Promise<[string, StreamMessage[]][]> {
  const { client, stream, subjects, partitionOf } = source;
  const filters = caseIds.map((caseId) => subjects.case(partitionOf(caseId), caseId));
  const answers = await client.requestMany(`$JS.API.DIRECT.GET.${stream}`, { multi_last: filters });
  const { code, description } = answers.at(-1)!.headers!;
  const isCut = Number(answers.at(-1)!.headers!.get("Nats-Num-Pending")) > 0;
  if (code === TOO_MANY || (code === END && isCut)) return await readHalves(source, caseIds);
  if (code !== END && code !== NOTHING) {
    throw new BackendUnavailable(`NATS did not read (${code} ${description})`);
  }
  const lasts = Map.groupBy(answers.slice(0, -1).map(toStreamMessage), caseOf);
  // A last message that is replaced while the server looks for it may be left out: what is missing is asked for by itself.
  const histories = await inOrder(caseIds, async (caseId): Promise<[string, StreamMessage[]]> => {
    const found = lasts.get(caseId);
    return [
      caseId,
      found === undefined ? await readOne(source, caseId) : await completeHistory(source, caseId, found),
    ];
  });
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

function caseOf({ subject }: StreamMessage): string {
  return textOf(subject.slice(subject.lastIndexOf(".") + 1));
}

/** All events of a case, of which the last one of each type is given. */
async function completeHistory(
  source: HistorySource,
  caseId: string,
  lasts: readonly StreamMessage[],
): Promise<StreamMessage[]> {
  if (isComplete(lasts)) return inStoredOrder(lasts);
  const { client, stream } = source;
  const all = (await inOrder(lasts, ({ subject }) => readAllOf(client, stream, subject))).flat();
  return isComplete(all) ? inStoredOrder(all) : await readOne(source, caseId);
}

function readOne(
  { client, stream, subjects, partitionOf }: HistorySource,
  caseId: string,
): Promise<StreamMessage[]> {
  return readAllOf(client, stream, subjects.case(partitionOf(caseId), caseId));
}

/** Versions begin at 1 and have no gaps. */
function isComplete(events: readonly StreamMessage[]): boolean {
  return Math.max(...events.map((event) => envelopeOf(event).version)) === events.length;
}

function inStoredOrder(events: readonly StreamMessage[]): StreamMessage[] {
  return [...events].sort((a, b) => a.position - b.position);
}
