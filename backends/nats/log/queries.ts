/** Reading the log: by case, position, time and type; and audit entries. @module */
import { parseStoredLine, type StoredEvent } from "../../../schema/delivery_line.ts";
import type { AuditEntry } from "../../dead_letters.ts";
import { BackendUnavailable } from "../../errors.ts";
import type { ReplayRange } from "../../event_store.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { readLast, readSubject, type StreamMessage } from "../stream/direct_get.ts";
import { OrderedReader } from "../stream/ordered_reader.ts";
import { deliveryLineOf, envelopeOf, isEvent, type StoredMessage } from "../stream/message.ts";
import type { NatsContext } from "../context.ts";

const AT_ONCE = 1_000;
/** How often, and at what interval, a replica that lags behind is read again. */
const REPLICA_READS = 200;
const REPLICA_READ_INTERVAL_MS = 20;
const NEVER_ABORTED = new AbortController().signal;
const BYTES_AT_ONCE = 4_000_000;
/** Positions that a search of the latest events reads in one step back. */
const STEP_BACK = 2_000;

type ReadContext = Pick<NatsContext, "client" | "stream" | "subjects" | "caseHeads" | "clock">;

function toStoredEvent(stored: StreamMessage): StoredEvent {
  return parseStoredLine(deliveryLineOf(stored, 0, false));
}

export async function* readCase({ caseHeads }: ReadContext, caseId: string): AsyncGenerator<StoredEvent> {
  for (const stored of (await caseHeads.readHistories([caseId])).get(caseId) ?? []) {
    yield toStoredEvent(stored);
  }
}

/** Reads the events that were stored at the time of the call. */
export async function* readAll(context: ReadContext, range: ReplayRange = {}): AsyncGenerator<StoredEvent> {
  const end = Math.min(await lastPosition(context), range.toPosition ?? Infinity);
  const from = Math.max(range.fromPosition ?? 1, 1);
  if (from > end || range.types?.length === 0) return;
  const within = inTime(range);
  for await (const found of readBetween(context, from, end, range.types)) {
    if (within(found)) yield toStoredEvent(found);
  }
}

/** Events between two positions. */
async function* readBetween(
  { client, stream, subjects }: ReadContext,
  from: number,
  end: number,
  types?: readonly string[],
): AsyncGenerator<StreamMessage> {
  const filters = types?.map((type) => subjects.events(type)) ?? [subjects.events()];
  const lasts = await Promise.all(filters.map((filter) => readLast(client, stream, filter)));
  const target = Math.min(end, Math.max(...lasts.map((last) => last?.position ?? 0)));
  const reader = new OrderedReader({ client, stream, filters, after: from - 1 });
  try {
    for (let idle = 0; reader.position < target;) {
      // The replica that is read from may lag behind the leader, and may not know a new consumer yet.
      const failure = await reader.fill(AT_ONCE, BYTES_AT_ONCE).then(() => undefined, (error) => error);
      const found = reader.messages;
      for (const each of found) if (each.position <= end) yield each;
      reader.dropUpTo(reader.position);
      idle = found.length > 0 ? 0 : idle + 1;
      if (failure !== undefined && !(failure instanceof BackendUnavailable)) throw failure;
      if (idle > REPLICA_READS) throw failure ?? new BackendUnavailable("A replica of NATS is behind");
      if (idle > 0) await delayOrAbort(REPLICA_READ_INTERVAL_MS, NEVER_ABORTED);
    }
  } finally {
    await reader.close();
  }
}

function inTime({ fromTime, toTime }: ReplayRange): (stored: StoredMessage) => boolean {
  const from = fromTime === undefined ? -Infinity : Date.parse(fromTime);
  const to = toTime === undefined ? Infinity : Date.parse(toTime);
  return ({ recordedAt }) => recordedAt >= from && recordedAt <= to;
}

/** The position of the last message of the stream. */
export async function lastPosition(
  { client, stream }: Pick<ReadContext, "client" | "stream">,
): Promise<number> {
  const { state } = await client.manage(({ streams }) => streams.info(stream));
  return state.last_seq;
}

/** The event with this id among those since a time. */
export async function findRecent(
  context: ReadContext,
  eventId: string,
  sinceMs: number,
): Promise<StoredMessage | undefined> {
  const end = await lastPosition(context);
  const since = context.clock.now() - sinceMs;
  for (let to = end; to > 0; to -= STEP_BACK) {
    const step = await Array.fromAsync(readBetween(context, Math.max(1, to - STEP_BACK + 1), to));
    const found = step.find((stored) => isEvent(stored) && envelopeOf(stored).eventId === eventId);
    if (found !== undefined || (step[0]?.recordedAt ?? Infinity) < since) return found;
  }
}

export async function audit(
  { client, stream, subjects }: ReadContext,
  caseId: string,
): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const { payload } of readSubject(client, stream, subjects.audit(caseId))) {
    const { details: _, ...entry } = JSON.parse(payload);
    entries.push(entry);
  }
  return entries;
}
