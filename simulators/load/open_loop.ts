/**
 * Open-loop arrivals: events are offered when they are due, whether or not the store has kept up, and every latency
 * counts from that moment. A slow answer therefore shows in the latency of what follows it, as it would for real callers
 * (no coordinated omission).
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import { retryWhileUnavailable } from "../../backends/primitives/retry.ts";
import type { WireEvent } from "../../schema/events.ts";

/** Observes the appends. Times are milliseconds of `performance.now()`. */
export interface OpenLoopListener {
  /** An append begins: how long after its first event was due, and how much of that is the generator's own delay. */
  onHandedOver(lagMs: number, lateMs: number): void;
  /** Events acknowledged: when they were due, in milliseconds since the start, and when the answer came. */
  onAcknowledged(due: readonly number[], at: number): void;
}

interface OpenLoopOptions {
  /** Moments in milliseconds since the start, ascending. */
  readonly schedule: Iterable<number>;
  /** Makes the event that is due at this moment. */
  readonly make: (due: number) => WireEvent;
  readonly append: Backend["append"];
  /** When the moments count from, by `performance.now()`. */
  readonly start: number;
  readonly listener: OpenLoopListener;
  readonly signal: AbortSignal;
}

/** Concurrent appends, and most events in one append: events that become due meanwhile are sent together. */
export const APPENDS_AT_ONCE = 4;
const LARGEST_APPEND = 500;

/**
 * Offers everything the schedule holds, or until the signal aborts; resolves when all of it is acknowledged, to the
 * milliseconds that this thread spent making events.
 */
export async function runOpenLoop(options: OpenLoopOptions): Promise<number> {
  return await new OpenLoop(options).run();
}

class OpenLoop {
  readonly #options: OpenLoopOptions;
  readonly #inFlight = new Set<Promise<void>>();
  #freeSince: number;
  #makingMs = 0;
  #failed: { error: unknown } | undefined;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    this.#freeSince = options.start;
  }

  async run(): Promise<number> {
    const { schedule, start, signal } = this.#options;
    const moments = schedule[Symbol.iterator]();
    for (let next = moments.next(); !next.done && this.#failed === undefined;) {
      await delayOrAbort(start + next.value - performance.now(), signal);
      if (this.#inFlight.size >= APPENDS_AT_ONCE) await Promise.race(this.#inFlight);
      if (signal.aborted) break;
      const elapsed = this.#handOver(next.value);
      const due: number[] = [];
      for (; !next.done && next.value <= elapsed && due.length < LARGEST_APPEND; next = moments.next()) {
        due.push(next.value);
      }
      if (due.length > 0) this.#begin(due);
    }
    await Promise.all(this.#inFlight);
    if (this.#failed !== undefined && !signal.aborted) throw this.#failed.error;
    return this.#makingMs;
  }

  /** Reports how late the event is; returns the milliseconds since the start. */
  #handOver(due: number): number {
    const { start, listener } = this.#options;
    const elapsed = performance.now() - start;
    // A timer may go off a part of a millisecond early.
    const lag = Math.max(0, elapsed - due);
    listener.onHandedOver(lag, Math.min(lag, Math.max(0, elapsed - (this.#freeSince - start))));
    return Math.max(elapsed, due);
  }

  #begin(due: readonly number[]): void {
    const began = performance.now();
    const events = due.map(this.#options.make);
    this.#makingMs += performance.now() - began;
    const appended = this.#append(events, due).catch((error) => void (this.#failed ??= { error })).finally(
      () => {
        // The generator waits for a free place only when all are taken.
        if (this.#inFlight.size === APPENDS_AT_ONCE) this.#freeSince = performance.now();
        this.#inFlight.delete(appended);
      },
    );
    this.#inFlight.add(appended);
  }

  /** Retries while the store is unavailable: the ids stay the same, and the time that passes counts as latency. */
  async #append(events: readonly WireEvent[], due: readonly number[]): Promise<void> {
    const { append, signal, listener } = this.#options;
    await retryWhileUnavailable(() => append(events), signal);
    listener.onAcknowledged(due, performance.now());
  }
}
