/** The shared store as one node's client sees it: with a clock that stands still when the client does. @module */
import { override } from "../../backends/primitives/override.ts";
import type { Clock } from "../../backends/primitives/clock.ts";
import type { MemoryStore } from "../../backends/memory/memory_store.ts";
import type { SimulationHistory } from "./history.ts";
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

  /** Whatever ends the wait, only a process that runs goes on. */
  #wait(process: Process, ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = Number.isFinite(ms) ? this.time.after(ms, process, end) : undefined;
    const abort = () => void this.time.after(0, process, end);
    const { time } = this;
    signal.addEventListener("abort", abort);
    return promise;
    function end(): void {
      if (timer !== undefined) time.cancel(timer);
      signal.removeEventListener("abort", abort);
      resolve();
    }
  }
}

/** The store, seen by the client of a node; settlements are written into the history. */
export function nodeStore(
  node: string,
  client: Process,
  store: MemoryStore,
  clock: SimulatedStoreClock,
  history: SimulationHistory,
) {
  const own = clock.of(client);
  const settle: MemoryStore["settle"] = (subscription, epoch, batch, settlement) => {
    const { processor, partition, epoch: current } = subscription;
    const settleRecord = { node, processor, partition, epoch, current, batch, settlement };
    const line =
      `${node} settles ${processor} ${partition} under ${epoch} of ${current}: ${batch.kind} ${batch.count} to ${batch.to}`;
    const status = store.settle(subscription, epoch, batch, settlement);
    history.record(`${line}: ${status}`);
    history.settled.push({ ...settleRecord, accepted: status !== "fenced" });
    return status;
  };
  return override(store, { clock: own, settle });
}
