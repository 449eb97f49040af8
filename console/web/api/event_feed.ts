/**
 * The events of the log as they come, for programs: a page at a time, or as a stream of server-sent events. Within a partition
 * none is skipped, whoever commits when: so the cursor holds a place for each partition where the log has several orders.
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import { delayOrAbort } from "../../../backends/primitives/concurrency.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";

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
interface FeedPage {
  readonly events: readonly StoredEvent[];
  readonly next: FeedPlace;
}

/** At most `limit` events of these types; of all types without. */
export async function readFeed(
  backend: Backend,
  place: FeedPlace,
  limit: number,
  types?: readonly string[],
): Promise<FeedPage> {
  const isWanted = ({ event }: StoredEvent) => types === undefined || types.includes(event.event_type);
  for (let at = place;;) {
    const { events, next } = await readBehind(backend, at, limit);
    const wanted = events.filter(isWanted);
    if (wanted.length > 0 || events.length === 0) return { events: wanted, next };
    at = next;
  }
}

async function readBehind(backend: Backend, place: FeedPlace, limit: number): Promise<FeedPage> {
  const next = [...place];
  if (backend.models !== undefined) {
    const slices = await backend.models.read({ after: place, limit: Math.ceil(limit / place.length) });
    const found = slices.flatMap((slice, partition) => slice.map((stored) => ({ stored, partition })));
    const page = found.sort((a, b) => a.stored.position - b.stored.position).slice(0, limit);
    for (const { stored, partition } of page) next[partition] = stored.position;
    return { events: page.map(({ stored }) => stored), next };
  }
  const events: StoredEvent[] = [];
  // One log with one order: whatever is behind the last position was stored later.
  for await (const stored of backend.readAll({ fromPosition: Math.max(...place) + 1 })) {
    events.push(stored);
    next.fill(stored.position);
    if (events.length === limit) break;
  }
  return { events, next };
}

/** Between two looks at the log when nothing came. */
const POLL_MS = 500;
/** A comment now and then, so that nobody between takes the stream for dead. */
const PING_MS = 15_000;
const PAGE = 200;
const encoder = new TextEncoder();

interface StreamOptions {
  readonly types: readonly string[] | undefined;
  readonly shown: (stored: StoredEvent) => object;
  readonly signal: AbortSignal;
  /** False once who reads may not any more. */
  readonly isAllowed: () => boolean;
}

/** A stream of everything behind a place, and of what comes; read no faster than its client takes it. */
export function streamFeed(
  backend: Backend,
  place: FeedPlace,
  { types, shown, signal, isAllowed }: StreamOptions,
): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  const ended = AbortSignal.any([signal, cancelled.signal]);
  let at = place;
  let pingAt = performance.now() + PING_MS;
  return new ReadableStream({
    async pull(controller) {
      try {
        while (!ended.aborted && isAllowed()) {
          const { events, next } = await readFeed(backend, at, PAGE, types);
          at = next;
          if (events.length > 0) return controller.enqueue(messagesOf(events, next, shown));
          await delayOrAbort(POLL_MS, ended);
          if (performance.now() < pingAt) continue;
          pingAt = performance.now() + PING_MS;
          return controller.enqueue(encoder.encode(":\n\n"));
        }
        controller.close();
      } catch {
        // The client sees that it is cut off, and asks again from its last id.
        controller.close();
      }
    },
    cancel: () => cancelled.abort(),
  }, { highWaterMark: 0 });
}

/** The id of the last message is where to go on; those before it have none: a client that is cut off gets them again. */
function messagesOf(
  events: readonly StoredEvent[],
  next: FeedPlace,
  shown: (stored: StoredEvent) => object,
): Uint8Array {
  const messages = events.map((stored, i) => {
    const id = i === events.length - 1 ? `id: ${placeText(next)}\n` : "";
    return `${id}event: ${stored.event.event_type}\ndata: ${JSON.stringify(shown(stored))}\n\n`;
  });
  return encoder.encode(messages.join(""));
}
