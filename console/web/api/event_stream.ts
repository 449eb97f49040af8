/** The log as a stream of server-sent events: of everything behind a place, and of what comes. @module */
import type { Backend } from "../../../backends/backend.ts";
import { type FeedPlace, placeText, readFeed } from "../../../backends/log_feed.ts";
import { delayOrAbort } from "../../../backends/primitives/concurrency.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";

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
