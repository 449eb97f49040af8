/**
 * Following a log that several writers append to, without missing an event.
 *
 * Positions are drawn before their transaction commits, so a position can become visible after a higher one. How much
 * later is bounded: the PostgreSQL backend ends statements after 60 seconds; JetStream and memory have no such gap. So a
 * part of the log is taken as known only when it was read to its end longer than that bound after its last position had
 * been seen: until then it is read again now and then, from where it is known. The passes in between begin a second
 * back, which is enough for what is merely simultaneous. A reader that starts anew reads everything anew.
 * @module
 */
import type { StoredEvent } from "../../schema/delivery_line.ts";

interface EventTailOptions {
  /** Stored events from a position on, in order of their positions; ends with what was stored at the call. */
  readonly read: (fromPosition: number) => AsyncIterable<StoredEvent>;
  /** Real milliseconds since any moment. */
  readonly real: () => number;
  /** Longer than a transaction of the store can last. Default 90,000. */
  readonly overlapMs?: number;
}

interface ReadPass {
  readonly began: number;
  readonly ended: number;
  /** The highest position seen by then: no lower one is drawn any more. */
  readonly highest: number;
}

const RECENT_MS = 1_000;

export class EventTail {
  readonly #read: EventTailOptions["read"];
  readonly #real: () => number;
  readonly #overlapMs: number;
  /** Everything up to here has been seen for certain. */
  #completeUntil = 0;
  #highest = 0;
  /** Positions beyond that. */
  #seen = new Set<number>();
  #passes: ReadPass[] = [];
  #lastFullPass: number;

  constructor({ read, real, overlapMs = 90_000 }: EventTailOptions) {
    this.#read = read;
    this.#real = real;
    this.#overlapMs = overlapMs;
    this.#lastFullPass = real();
  }

  /** What was not seen before, once each. Whoever stops early gets the rest at the next call. */
  async *unseenEvents(): AsyncGenerator<StoredEvent> {
    const began = this.#real();
    const far = began - this.#lastFullPass >= this.#overlapMs / 3;
    try {
      yield* this.#unseen(1 + (far ? this.#completeUntil : this.#recentPosition(began)));
      if (far) this.#completePass(began);
    } finally {
      this.#passes.push({ began, ended: this.#real(), highest: this.#highest });
    }
  }

  async *#unseen(from: number): AsyncGenerator<StoredEvent> {
    for await (const stored of this.#read(from)) {
      const { position } = stored;
      if (position <= this.#completeUntil || this.#seen.has(position)) continue;
      this.#seen.add(position);
      this.#highest = Math.max(this.#highest, position);
      yield stored;
    }
  }

  /** How far the log was seen a second ago. */
  #recentPosition(now: number): number {
    return this.#passes.findLast(({ began }) => began <= now - RECENT_MS)?.highest ?? this.#completeUntil;
  }

  /** After a pass from what is known to the end: what had been seen long enough before it is known too. */
  #completePass(began: number): void {
    this.#lastFullPass = began;
    const settled = this.#passes.findLast(({ ended }) => ended <= began - this.#overlapMs);
    if (settled === undefined) return;
    this.#completeUntil = settled.highest;
    this.#passes = this.#passes.slice(this.#passes.indexOf(settled));
    this.#seen = new Set(this.#seen.values().filter((position) => position > this.#completeUntil));
  }
}
