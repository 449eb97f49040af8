/** The pool of workers: each hosts its share of the partitions. Escalates when restarts do not help. @module */
import { PrioritySemaphore } from "../../backends/primitives/priority_semaphore.ts";
import { ChildSupervisor } from "../supervision/child_supervisor.ts";
import type { Observer } from "../observer.ts";
import type { Intensity } from "../supervision/restart_policy.ts";
import { hasRunawayThread, type ThreadWatch } from "./runaway_thread.ts";
import type { FetchHistories, WorkerExit } from "./worker_handle.ts";
import type { BatchRequest, BatchResult, PassRequest, PassResult } from "../worker/protocol.ts";
import { type SlotOptions, WorkerSlot } from "./worker_slot.ts";

export interface PoolOptions extends SlotOptions {
  readonly workers: number;
  /** Crashes of workers allowed; crashes by a delivery that is known to crash are not counted. */
  readonly intensity: Intensity;
  /**
   * Batches in memory for one worker, at most, from before they are read until they are settled. Together with the
   * backend's bound on a batch it bounds memory, whatever the number of mailboxes. Small batches count for less than
   * one. Default 2.
   */
  readonly prefetch?: number;
  /** Asked after a worker hung: whether its thread still runs. Default: `hasRunawayThread`. */
  readonly hasRunawayThread?: typeof hasRunawayThread;
}

const PREFETCH = 2;
const RESTART_BACKOFF = { firstMs: 20, longestMs: 5_000 };

export class WorkerPool {
  readonly #slots: WorkerSlot[] = [];
  readonly #semaphores: PrioritySemaphore[] = [];
  readonly #onEscalate: (reason: string) => void;
  readonly #hasRunawayThread: typeof hasRunawayThread;
  /** The workers' supervisor. When it gives up, all of them are ended. */
  readonly supervisor: ChildSupervisor;

  /** `onEscalate` is called when workers die too often, or when only the end of the process ends a thread. */
  constructor(options: PoolOptions, observer: Observer, onEscalate: (reason: string) => void) {
    this.#onEscalate = onEscalate;
    this.#hasRunawayThread = options.hasRunawayThread ?? hasRunawayThread;
    for (let worker = 0; worker < options.workers; worker++) {
      const onWorkerExit = (exit: WorkerExit, reason: string) =>
        this.#onWorkerExit(observer, { worker, exit, reason });
      this.#slots.push(new WorkerSlot(options, onWorkerExit));
      this.#semaphores.push(new PrioritySemaphore(options.prefetch ?? PREFETCH));
    }
    const { intensity } = options;
    this.supervisor = new ChildSupervisor(
      { id: "workers", strategy: "one_for_one", intensity, backoff: RESTART_BACKOFF },
      this.#slots.map((slot, worker) => slot.spec(`worker/${worker}`)),
    );
    this.supervisor.ended.then(({ kind, reason }) => {
      this.close();
      if (kind === "failed") onEscalate(reason);
    });
  }

  /** Resolves when every worker is ready for its first batch, or when the pool is closed. */
  async ready(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.whenReady()));
  }

  get heapBytes(): number[] {
    return this.#slots.map(({ heapBytes }) => heapBytes ?? 0);
  }

  /** Batches that are with a worker. */
  get load(): number {
    return this.#slots.reduce((sum, { load }) => sum + load, 0);
  }

  /** Permits for the batches of a partition. One semaphore per worker: a slow worker does not hold up the others. */
  semaphore(partition: number): PrioritySemaphore {
    return this.#semaphores[partition % this.#semaphores.length]!;
  }

  /**
   * Runs a batch in the worker that hosts its partition. Rejects with WorkerDied. `expected`: the batch is known to
   * crash workers, so that a crash does not count towards the restart intensity.
   */
  run(batch: Omit<BatchRequest, "id">, histories: FetchHistories, expected = false): Promise<BatchResult> {
    return this.#slots[batch.partition % this.#slots.length]!.run(batch, histories, expected);
  }

  /** Runs a pass in the worker that hosts its partition. Rejects with WorkerDied. */
  runPass(pass: Omit<PassRequest, "id">, histories: FetchHistories): Promise<PassResult> {
    return this.#slots[pass.partition % this.#slots.length]!.runPass(pass, histories);
  }

  #onWorkerExit(observer: Observer, exit: { worker: number; exit: WorkerExit; reason: string }): void {
    observer.workerRestarted(exit);
    if (exit.exit === "hung") this.#checkThread(this.#slots[exit.worker]!.thread);
  }

  /** A thread that loops on after terminate() takes a core until its process ends; one that waits does no harm. */
  async #checkThread(thread: ThreadWatch | undefined): Promise<void> {
    if (await this.#hasRunawayThread(thread)) {
      this.#onEscalate("a hung worker's thread can only be ended with its process");
    }
  }

  /** Ends all workers. Legal twice. */
  close(): void {
    for (const slot of this.#slots) slot.close();
    this.supervisor.kill();
  }
}
