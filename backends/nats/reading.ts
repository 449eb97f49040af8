/** Reading the log: by case, by position, time and type, and what is made of it. @module */
import { parseStoredLine, type StoredEvent } from "../../schema/stored_event.ts";
import { type AuditEntry, BackendAway, type ReplayRange } from "../backend.ts";
import { pause } from "../patience.ts";
import { type Found, readLast, readSubject } from "./direct.ts";
import { Feed } from "./feed.ts";
import { envelopeOf, lineOf, type Stored } from "./message.ts";
import type { Parts } from "./parts.ts";

const AT_ONCE = 1_000;
/** A replica that is behind is looked at so often, so many milliseconds apart. */
const LOOKS = 200;
const LOOK_MS = 20;
const never = new AbortController().signal;
const BYTES_AT_ONCE = 4_000_000;
/** How many positions a search of the latest events looks at in one step back. */
const STEP_BACK = 2_000;

/** What reading needs of a backend. */
type ReadingParts = Pick<Parts, "client" | "stream" | "subjects" | "book" | "clock">;

function storedEvent(stored: Stored): StoredEvent {
  return parseStoredLine(lineOf(stored, 0, false));
}

export async function* readCase({ book }: ReadingParts, caseId: string): AsyncGenerator<StoredEvent> {
  for (const stored of (await book.read([caseId])).get(caseId) ?? []) yield storedEvent(stored);
}

/** Reads what was stored when it was called. */
export async function* readAll(parts: ReadingParts, range: ReplayRange = {}): AsyncGenerator<StoredEvent> {
  const end = Math.min(await lastPosition(parts), range.toPosition ?? Infinity);
  const from = Math.max(range.fromPosition ?? 1, 1);
  if (from > end || range.types?.length === 0) return;
  const within = inTime(range);
  for await (const found of between(parts, from, end, range.types)) {
    if (within(found)) yield storedEvent(found);
  }
}

/** Events between two positions. */
async function* between(
  { client, stream, subjects }: ReadingParts,
  from: number,
  end: number,
  types?: readonly string[],
): AsyncGenerator<Found> {
  const filters = types?.map((type) => subjects.events(type)) ?? [subjects.events()];
  const lasts = await Promise.all(filters.map((filter) => readLast(client, stream, filter)));
  const target = Math.min(end, Math.max(...lasts.map((last) => last?.position ?? 0)));
  const feed = new Feed({ client, stream, filters, after: from - 1 });
  try {
    for (let idle = 0; feed.position < target;) {
      // What the leader has, the replica that is read from may not have yet; and a new consumer is not known everywhere.
      const away = await feed.fill(AT_ONCE, BYTES_AT_ONCE).then(() => undefined, (error) => error);
      const found = feed.buffer;
      for (const each of found) if (each.position <= end) yield each;
      feed.drop(feed.position);
      idle = found.length > 0 ? 0 : idle + 1;
      if (away !== undefined && !(away instanceof BackendAway)) throw away;
      if (idle > LOOKS) throw away ?? new BackendAway("A replica of NATS is behind");
      if (idle > 0) await pause(LOOK_MS, never);
    }
  } finally {
    await feed.close();
  }
}

function inTime({ fromTime, toTime }: ReplayRange): (stored: Stored) => boolean {
  const from = fromTime === undefined ? -Infinity : Date.parse(fromTime);
  const to = toTime === undefined ? Infinity : Date.parse(toTime);
  return ({ recordedAt }) => recordedAt >= from && recordedAt <= to;
}

/** The position of the last message of the stream. */
async function lastPosition({ client, stream }: ReadingParts): Promise<number> {
  const { state } = await client.api<{ state: { last_seq: number } }>(`STREAM.INFO.${stream}`);
  return state.last_seq;
}

/** The event with this id among those since a time. */
export async function findRecent(
  parts: ReadingParts,
  eventId: string,
  sinceMs: number,
): Promise<Stored | undefined> {
  const end = await lastPosition(parts);
  const since = parts.clock.now() - sinceMs;
  for (let to = end; to > 0; to -= STEP_BACK) {
    const step = await Array.fromAsync(between(parts, Math.max(1, to - STEP_BACK + 1), to));
    const found = step.find((stored) => envelopeOf(stored).eventId === eventId);
    if (found !== undefined || (step[0]?.recordedAt ?? Infinity) < since) return found;
  }
}

export async function audit(
  { client, stream, subjects }: ReadingParts,
  caseId: string,
): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const { payload } of readSubject(client, stream, subjects.audit(caseId))) {
    const { details: _, ...entry } = JSON.parse(payload);
    entries.push(entry);
  }
  return entries;
}
