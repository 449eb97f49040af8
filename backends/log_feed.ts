/**
 * The events of the log as they come, a page at a time. Within a partition none is skipped, whoever commits when: so a cursor
 * holds a place for each partition where the log has several orders.
 * @module
 */
import type { StoredEvent } from "../schema/delivery_line.ts";
import type { EventStore } from "./event_store.ts";
import type { ModelStore } from "./projections.ts";

/** A log that can be followed. */
interface FollowedLog extends Pick<EventStore, "readAll"> {
  readonly models?: Pick<ModelStore, "read">;
}

/** Where a reader is: behind these positions, one for each partition. */
export type FeedPlace = readonly number[];

/** `3k.0.9x`: a place as text, each position in base 36. */
export function placeText(place: FeedPlace): string {
  return place.map((position) => position.toString(36)).join(".");
}

/** The place in a text; undefined for what is none of this store. */
export function readPlace(text: string, partitions: number): FeedPlace | undefined {
  const parts = text.split(".");
  if (parts.length !== partitions || !parts.every((part) => /^[0-9a-z]{1,11}$/.test(part))) return undefined;
  const place = parts.map((part) => Number.parseInt(part, 36));
  return place.every(Number.isSafeInteger) ? place : undefined;
}

/** Before the event at a position. */
export function placeBefore(position: number, partitions: number): FeedPlace {
  return Array.from({ length: partitions }, () => Math.max(0, position - 1));
}

/** What stands behind a place, by position, and the place behind that. */
export interface FeedPage {
  readonly events: readonly StoredEvent[];
  readonly next: FeedPlace;
}

/** At most `limit` events of these types; of all types without. */
export async function readFeed(
  log: FollowedLog,
  place: FeedPlace,
  limit: number,
  types?: readonly string[],
): Promise<FeedPage> {
  const isWanted = ({ event }: StoredEvent) => types === undefined || types.includes(event.event_type);
  for (let at = place;;) {
    const { events, next } = await readBehind(log, at, limit);
    const wanted = events.filter(isWanted);
    if (wanted.length > 0 || events.length === 0) return { events: wanted, next };
    at = next;
  }
}

async function readBehind(log: FollowedLog, place: FeedPlace, limit: number): Promise<FeedPage> {
  const next = [...place];
  if (log.models !== undefined) {
    const slices = await log.models.read({ after: place, limit: Math.ceil(limit / place.length) });
    const found = slices.flatMap((slice, partition) => slice.map((stored) => ({ stored, partition })));
    const page = found.sort((a, b) => a.stored.position - b.stored.position).slice(0, limit);
    for (const { stored, partition } of page) next[partition] = stored.position;
    return { events: page.map(({ stored }) => stored), next };
  }
  const events: StoredEvent[] = [];
  // One log with one order: whatever is behind the last position was stored later.
  for await (const stored of log.readAll({ fromPosition: Math.max(...place) + 1 })) {
    events.push(stored);
    next.fill(stored.position);
    if (events.length === limit) break;
  }
  return { events, next };
}
