/** The pool of workers: restarts what dies, with backoff, and says when restarting does not help. @module */
import { backoffMs } from "./backoff.ts";
import { addRestart, type Intensity } from "./restart_window.ts";
import type { Observer } from "./observer.ts";
import type { BatchResult, Run } from "./worker_protocol.ts";
import {
  type Histories,
  WorkerDied,
  type WorkerExit,
  WorkerHandle,
  type WorkerSettings,
} from "./worker_handle.ts";

export interface PoolSettings extends WorkerSettings {
  readonly workers: number;
  readonly intensity: Intensity;
  /** A worker whose heap is above this is replaced between two batches. */
  readonly heapCeilingBytes: number;
}

interface Seat {
  readonly index: number;
  handle: WorkerHandle;
  /** Consecutive exits, for the backoff. */
  deaths: number;
  /** Resolves when `handle` may be used. */
  open: Promise<void>;
}

const RESTART_BACKOFF = { firstMs: 20, longestMs: 5_000 };

export class WorkerPool {
  readonly #settings: PoolSettings;
  readonly #observer: Observer;
  readonly #seats: Seat[] = [];
  readonly #escalate: (reason: string) => void;
  #restarts: readonly number[] = [];
  #ended = false;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  /** `escalate` is called when workers die more often than the intensity allows, and when a thread can't be ended. */
  constructor(settings: PoolSettings, observer: Observer, escalate: (reason: string) => void) {
    this.#settings = settings;
    this.#observer = observer;
    this.#escalate = escalate;
    for (let index = 0; index < settings.workers; index++) this.#seats.push(this.#seat(index));
  }

  /** Resolves when every worker is ready for its first batch. */
  async ready(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.open));
  }

  get heapBytes(): number[] {
    return this.#seats.map(({ handle }) => handle.heapBytes);
  }

  /** Runs a batch in the worker that hosts its partition. Rejects with WorkerDied. */
  async run(batch: Omit<Run, "kind" | "id">, histories: Histories): Promise<BatchResult> {
    const seat = this.#seats[batch.partition % this.#seats.length]!;
    await seat.open;
    if (this.#ended) throw new WorkerDied("stopped", undefined, "the pool is closed");
    const result = await seat.handle.run(batch, histories);
    seat.deaths = 0;
    if (seat.handle.heapBytes > this.#settings.heapCeilingBytes && seat.handle.load === 0) {
      seat.handle.end("recycled");
    }
    return result;
  }

  #seat(index: number): Seat {
    const seat: Seat = { index, deaths: 0 } as Seat;
    this.#fill(seat);
    return seat;
  }

  #fill(seat: Seat): void {
    seat.handle = new WorkerHandle(this.#settings, (exit, reason) => this.#exited(seat, exit, reason));
    seat.open = seat.handle.ready;
  }

  #exited(seat: Seat, exit: WorkerExit, reason: string): void {
    if (this.#ended) return;
    if (exit !== "recycled") this.#count(seat, exit, reason);
    this.#observer.workerRestarted({ worker: seat.index, exit, reason });
    const wait = exit === "recycled" ? 0 : backoffMs(seat.deaths, RESTART_BACKOFF, Math.random());
    seat.open = new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (this.#ended) return resolve();
        this.#fill(seat);
        resolve(seat.open);
      }, wait);
      this.#timers.add(timer);
    });
  }

  #count(seat: Seat, exit: WorkerExit, reason: string): void {
    seat.deaths++;
    const { restarts, exceeded } = addRestart(this.#restarts, Date.now(), this.#settings.intensity);
    this.#restarts = restarts;
    if (exceeded) this.#escalate(`workers died more often than allowed, the last one because ${reason}`);
    // A thread that was hung goes on spinning after terminate(): only the end of the process ends it.
    else if (exit === "hung") this.#escalate("a hung worker's thread can only be ended with its process");
  }

  /** Ends all workers. Legal twice. */
  close(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { handle } of this.#seats) handle.end("stopped");
  }
}
