/** The pool of workers: each hosts its share of the partitions. Says when restarting does not help. @module */
import { Gate } from "../backends/gate.ts";
import { ChildSupervisor } from "./child_supervisor.ts";
import type { Observer } from "./observer.ts";
import type { Intensity } from "./restart_window.ts";
import { isSpinning } from "./spinning.ts";
import type { Histories, WorkerExit } from "./worker_handle.ts";
import type { BatchResult, Run } from "./worker_protocol.ts";
import { type SeatSettings, WorkerSeat } from "./worker_seat.ts";

export interface PoolSettings extends SeatSettings {
  readonly workers: number;
  /** Deaths of workers allowed; those of a delivery that is known to kill are not counted. */
  readonly intensity: Intensity;
  /**
   * Batches in memory for one worker, at most: from before they are read until they are settled. With the backend's
   * bound on a batch it is the bound on memory, however many mailboxes there are. Of small ones there may be more, which
   * together hold no more. Default 2.
   */
  readonly prefetch?: number;
  /** Asked after a worker hung: whether its thread spins on. Default: by the CPU time of the process. */
  readonly isSpinning?: () => Promise<boolean>;
}

const PREFETCH = 2;
const RESTART_BACKOFF = { firstMs: 20, longestMs: 5_000 };

export class WorkerPool {
  readonly #seats: WorkerSeat[] = [];
  readonly #gates: Gate[] = [];
  readonly #escalate: (reason: string) => void;
  readonly #isSpinning: () => Promise<boolean>;
  /** The workers' supervisor. When it gives up, all of them are ended. */
  readonly supervisor: ChildSupervisor;

  /** `escalate` is called when workers die too often, and when a thread can't be ended but with its process. */
  constructor(settings: PoolSettings, observer: Observer, escalate: (reason: string) => void) {
    this.#escalate = escalate;
    this.#isSpinning = settings.isSpinning ?? isSpinning;
    for (let worker = 0; worker < settings.workers; worker++) {
      const exited = (exit: WorkerExit, reason: string) => this.#exited(observer, { worker, exit, reason });
      this.#seats.push(new WorkerSeat(settings, exited));
      this.#gates.push(new Gate(settings.prefetch ?? PREFETCH));
    }
    const { intensity } = settings;
    this.supervisor = new ChildSupervisor(
      { id: "workers", strategy: "one_for_one", intensity, backoff: RESTART_BACKOFF },
      this.#seats.map((seat, worker) => seat.spec(`worker/${worker}`)),
    );
    this.supervisor.ended.then(({ kind, reason }) => {
      this.close();
      if (kind === "failed") escalate(reason);
    });
  }

  /** Resolves when every worker is ready for its first batch, or when the pool is closed. */
  async ready(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.usable()));
  }

  get heapBytes(): number[] {
    return this.#seats.map(({ heapBytes }) => heapBytes ?? 0);
  }

  /** Through this gate a partition's batches come: its worker's, so that no other worker's trouble holds them up. */
  gate(partition: number): Gate {
    return this.#gates[partition % this.#gates.length]!;
  }

  /**
   * Runs a batch in the worker that hosts its partition. Rejects with WorkerDied. `expected`: the worker may well die of
   * it, and its death says nothing about the worker.
   */
  run(batch: Omit<Run, "id">, histories: Histories, expected = false): Promise<BatchResult> {
    return this.#seats[batch.partition % this.#seats.length]!.run(batch, histories, expected);
  }

  #exited(observer: Observer, exit: { worker: number; exit: WorkerExit; reason: string }): void {
    observer.workerRestarted(exit);
    if (exit.exit === "hung") this.#watchThread();
  }

  /** A thread that spins on after terminate() burns a core until its process ends. One that merely waits does no harm. */
  async #watchThread(): Promise<void> {
    if (await this.#isSpinning()) this.#escalate("a hung worker's thread can only be ended with its process");
  }

  /** Ends all workers. Legal twice. */
  close(): void {
    for (const seat of this.#seats) seat.close();
    this.supervisor.kill();
  }
}
