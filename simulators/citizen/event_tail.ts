/**
 * Following a log that several writers append to, without missing an event.
 *
 * Positions are drawn before their transaction commits, so a position can become visible after a higher one. How much
 * later is bounded: the PostgreSQL backend ends statements after 60 seconds; JetStream and memory have no such gap. A
 * part of the log therefore counts as complete only after a full pass that began longer than that bound after its last
 * position was seen. Full passes start at the end of the complete part; the passes in between start a second back, which
 * suffices for transactions that are merely concurrent. After a restart everything is read again.
 * @module
 */
import type { StoredEvent } from "../../schema/delivery_line.ts";

interface EventTailOptions {
  /** Stored events from a position on, in order of their positions; ends with what was stored at the call. */
  readonly read: (fromPosition: number) => AsyncIterable<StoredEvent>;
  /** Real milliseconds since any moment. */
  readonly real: () => number;
  /** The first position that matters. Default 1. */
  readonly from?: number;
}

interface ReadPass {
  readonly began: number;
  readonly ended: number;
  /** The highest position seen by then: no lower one is drawn after it. */
  readonly highest: number;
}

const RECENT_MS = 1_000;
/** Longer than any transaction of the store. */
const OVERLAP_MS = 90_000;

export class EventTail {
  readonly #read: EventTailOptions["read"];
  readonly #real: () => number;
  /** Every event up to this position has been seen. */
  #completeUntil: number;
  #highest: number;
  /** Positions seen beyond it. */
  #seen = new Set<number>();
  #passes: ReadPass[] = [];
  #lastFullPass: number;

  constructor({ read, real, from = 1 }: EventTailOptions) {
    this.#completeUntil = this.#highest = from - 1;
    this.#read = read;
    this.#real = real;
    this.#lastFullPass = real();
  }

  /** The events not seen before, once each. A reader that stops early gets the rest at the next call. */
  async *unseenEvents(): AsyncGenerator<StoredEvent> {
    const began = this.#real();
    const far = began - this.#lastFullPass >= OVERLAP_MS / 3;
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

  /** The highest position seen a second ago. */
  #recentPosition(now: number): number {
    return this.#passes.findLast(({ began }) => began <= now - RECENT_MS)?.highest ?? this.#completeUntil;
  }

  /** After a pass from the complete part to the end: what was seen long enough before it is complete too. */
  #completePass(began: number): void {
    this.#lastFullPass = began;
    const settled = this.#passes.findLast(({ ended }) => ended <= began - OVERLAP_MS);
    if (settled === undefined) return;
    this.#completeUntil = settled.highest;
    this.#passes = this.#passes.slice(this.#passes.indexOf(settled));
    this.#seen = new Set(this.#seen.values().filter((position) => position > this.#completeUntil));
  }
}
