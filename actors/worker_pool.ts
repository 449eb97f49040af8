/** The pool of workers: each hosts its share of the partitions. Says when restarting does not help. @module */
import { Gate } from "../backends/gate.ts";
import type { Observer } from "./observer.ts";
import { addRestart, type Intensity } from "./restart_window.ts";
import type { Histories, WorkerExit } from "./worker_handle.ts";
import type { BatchResult, Run } from "./worker_protocol.ts";
import { type SeatSettings, WorkerSeat } from "./worker_seat.ts";

export interface PoolSettings extends SeatSettings {
  readonly workers: number;
  readonly intensity: Intensity;
  /**
   * Batches in memory for one worker, at most: from before they are read until they are settled. With the backend's
   * bound on a batch it is the bound on memory, however many mailboxes there are. Default 4.
   */
  readonly prefetch?: number;
}

const PREFETCH = 4;

export class WorkerPool {
  readonly #settings: PoolSettings;
  readonly #observer: Observer;
  readonly #seats: WorkerSeat[] = [];
  readonly #gates: Gate[] = [];
  readonly #escalate: (reason: string) => void;
  #restarts: readonly number[] = [];

  /**
   * `escalate` is called when workers die more often than the intensity allows (then, as OTP has it, all of them are
   * ended), and when a thread can't be ended.
   */
  constructor(settings: PoolSettings, observer: Observer, escalate: (reason: string) => void) {
    this.#settings = settings;
    this.#observer = observer;
    this.#escalate = escalate;
    for (let worker = 0; worker < settings.workers; worker++) {
      this.#seats.push(new WorkerSeat(settings, (exit, reason) => this.#exited(worker, exit, reason)));
      this.#gates.push(new Gate(settings.prefetch ?? PREFETCH));
    }
  }

  /** Resolves when every worker is ready for its first batch, or when the pool is closed. */
  async ready(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.usable()));
  }

  get heapBytes(): number[] {
    return this.#seats.map(({ heapBytes }) => heapBytes);
  }

  /** Through this gate a partition's batches come: its worker's, so that no other worker's trouble holds them up. */
  gate(partition: number): Gate {
    return this.#gates[partition % this.#gates.length]!;
  }

  /** Runs a batch in the worker that hosts its partition. Rejects with WorkerDied. */
  run(batch: Omit<Run, "kind" | "id">, histories: Histories): Promise<BatchResult> {
    return this.#seats[batch.partition % this.#seats.length]!.run(batch, histories);
  }

  #exited(worker: number, exit: WorkerExit, reason: string): void {
    this.#observer.workerRestarted({ worker, exit, reason });
    if (exit === "recycled") return;
    const { restarts, exceeded } = addRestart(this.#restarts, Date.now(), this.#settings.intensity);
    this.#restarts = restarts;
    if (exceeded) {
      this.close();
      this.#escalate(`workers died more often than allowed, the last one because ${reason}`);
    } else if (exit === "hung") {
      // Its thread goes on spinning after terminate(): only the end of the process ends it.
      this.#escalate("a hung worker's thread can only be ended with its process");
    }
  }

  /** Ends all workers. Legal twice. */
  close(): void {
    for (const seat of this.#seats) seat.close();
  }
}
