/** The timers of a store as they were told: followed from one word to the next, and never read anew. @module */
import { textOf } from "../../schema/nats.ts";
import { type Found, readSubject } from "./direct.ts";
import { Feed } from "./feed.ts";
import type { Parts } from "./parts.ts";
import { timeOf } from "./timer_message.ts";

/** Where a timer stands, and when it is due: the row is read when it fires. */
export interface Timer {
  readonly subject: string;
  readonly position: number;
  readonly at: number;
  readonly processor: string;
  readonly partition: number;
  /** When it was first seen to be due, by this node's own clock. */
  dueSince?: number;
}

const AT_ONCE = 500;
const BYTES_AT_ONCE = 4_000_000;

export class TimerBook {
  readonly #parts: Parts;
  readonly #news: TimerNews;
  readonly #timers = new Map<string, Timer>();
  #following: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#news = parts.client.isPlain ? polled(parts) : fed(parts);
  }

  /** Takes in all that has been written until now. */
  follow(): Promise<void> {
    const followed = this.#following.then(() => this.#follow());
    this.#following = followed.catch(() => {});
    return followed;
  }

  async #follow(): Promise<void> {
    for await (const found of this.#news.next()) {
      if (found.deleted) this.#timers.delete(found.subject);
      else this.#timers.set(found.subject, timerOf(this.#parts, found));
    }
  }

  get count(): number {
    return this.#timers.size;
  }

  /** When the next one is due; Infinity without any. */
  get nextAt(): number {
    return this.#timers.values().reduce((least, { at }) => Math.min(least, at), Infinity);
  }

  /** Those that are due, in the order in which they are. */
  due(now: number): Timer[] {
    return [...this.#timers.values().filter(({ at }) => at <= now)].sort((a, b) => a.at - b.at);
  }

  /** It has fired, or somebody changed it meanwhile, which we shall be told. */
  forget({ subject, position }: Timer): void {
    if (this.#timers.get(subject)?.position === position) this.#timers.delete(subject);
  }

  close(): Promise<void> {
    return this.#news.close();
  }
}

/** What was written about timers since it was last asked. */
interface TimerNews {
  next(): AsyncIterable<Found>;
  close(): Promise<void>;
}

function fed({ client, stream, subjects }: Parts): TimerNews {
  const feed = new Feed({ client, stream, filters: [subjects.timers()], after: 0, withSubjects: true });
  return {
    async *next() {
      do {
        await feed.fill(AT_ONCE, BYTES_AT_ONCE);
        yield* feed.buffer;
        feed.drop(feed.position);
      } while (feed.pending > 0);
    },
    close: () => feed.close(),
  };
}

/** A plain server loses count of what is there for a consumer where messages replace others. */
function polled({ client, stream, subjects }: Parts): TimerNews {
  let after = 0;
  return {
    async *next() {
      for await (const found of readSubject(client, stream, subjects.timers(), after + 1)) {
        after = found.position;
        yield found;
      }
    },
    close: () => Promise.resolve(),
  };
}

function timerOf({ book }: Parts, { subject, position, payload }: Found): Timer {
  const [, , processor, caseId] = subject.split(".").map(textOf) as [string, string, string, string];
  return { subject, position, at: timeOf(payload), processor, partition: book.partitionOf(caseId) };
}
