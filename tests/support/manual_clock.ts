/** A clock that moves only when a test says so. @module */
import { setImmediate } from "node:timers";
import type { Clock } from "../../backends/primitives/clock.ts";

/** Beyond this many waits that end at one instant, time would never go on. */
const MOST_AT_ONE_INSTANT = 10_000;

interface PendingWait {
  readonly at: number;
  wake(): void;
}

/** Simulated time: every wait ends in order of its due time, and whoever woke up has acted before time goes on. */
export class ManualClock implements Clock {
  #now: number;
  #pendingWaits = new Set<PendingWait>();

  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const pendingWait: PendingWait = {
      at: this.#now + Math.max(0, ms),
      wake: () => {
        this.#pendingWaits.delete(pendingWait);
        signal.removeEventListener("abort", pendingWait.wake);
        resolve();
      },
    };
    this.#pendingWaits.add(pendingWait);
    signal.addEventListener("abort", pendingWait.wake);
    return promise;
  }

  /** Lets time pass, one due time after the other. `advance(0)` only lets everybody act who can. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    let sameInstant = 0;
    await nextMacrotask();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      sameInstant = next.at > this.#now ? 0 : sameInstant + 1;
      if (sameInstant > MOST_AT_ONE_INSTANT) {
        throw new Error("Somebody waits for a time that has come, for ever");
      }
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await nextMacrotask();
    }
    this.#now = until;
  }

  #next(until: number): PendingWait | undefined {
    let next: PendingWait | undefined;
    for (const pendingWait of this.#pendingWaits) {
      if (pendingWait.at <= until && (next === undefined || pendingWait.at < next.at)) next = pendingWait;
    }
    return next;
  }
}

/** Resolves once every promise that can go on has gone on: a new task begins after the last microtask. */
export function nextMacrotask(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  return promise;
}
