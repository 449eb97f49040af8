/** The clock of the simulated store, and the store as the client of one node sees it. @module */
import type { Clock } from "../../backends/primitives/clock.ts";
import type { MemoryStore } from "../../backends/memory/memory_store.ts";
import { override } from "../../backends/primitives/override.ts";
import { type Process, type SimulatedTime, START } from "./simulated_time.ts";

/** The time of the store, which may jump. */
export class SimulatedStoreClock {
  jumpedMs = 0;

  constructor(readonly time: SimulatedTime) {}

  now(): number {
    return START + Math.floor(this.time.now) + this.jumpedMs;
  }

  /** The same time, for what a process waits for. */
  of(process: Process): Clock {
    return { now: () => this.now(), wait: (ms, signal) => this.#wait(process, ms, signal) };
  }

  /** However the wait ends, a process goes on only while it runs. */
  #wait(process: Process, ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = Number.isFinite(ms) ? this.time.after(ms, process, end) : undefined;
    const abort = () => void this.time.after(0, process, end);
    signal.addEventListener("abort", abort);
    return promise;
    function end(): void {
      if (timer !== undefined) timer.cancelled = true;
      signal.removeEventListener("abort", abort);
      resolve();
    }
  }
}

/** The shared store with the clock of a client, which stands still when the client does. */
export function storeFor(client: Process, store: MemoryStore, clock: SimulatedStoreClock): MemoryStore {
  return override(store, { clock: clock.of(client) });
}
