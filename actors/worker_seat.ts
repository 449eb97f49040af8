/** The place of one worker in the pool: whoever dies there is replaced, and batches wait at its door meanwhile. @module */
import { backoffMs } from "./backoff.ts";
import {
  type Histories,
  WorkerDied,
  type WorkerExit,
  WorkerHandle,
  type WorkerSettings,
} from "./worker_handle.ts";
import type { BatchResult, Run } from "./worker_protocol.ts";

export interface SeatSettings extends WorkerSettings {
  /** A worker whose heap is above this is replaced between two batches. */
  readonly heapCeilingBytes: number;
}

const RESTART_BACKOFF = { firstMs: 20, longestMs: 5_000 };

export class WorkerSeat {
  readonly #settings: SeatSettings;
  readonly #onExit: (exit: WorkerExit, reason: string) => void;
  #handle!: WorkerHandle;
  /** Resolves when batches may go in. Replaced by a new one when the door is shut. */
  #door = Promise.withResolvers<void>();
  /** The worker takes nothing more, and ends when what it has is done. */
  #retiring = false;
  /** Consecutive exits, for the backoff. */
  #deaths = 0;
  #closed = false;
  #restart: ReturnType<typeof setTimeout> | undefined;

  /** `onExit` hears of every end of a worker before the next one is started. */
  constructor(settings: SeatSettings, onExit: (exit: WorkerExit, reason: string) => void) {
    this.#settings = settings;
    this.#onExit = onExit;
    this.#fill();
  }

  /** What the worker last said of its heap. */
  get heapBytes(): number {
    return this.#handle.heapBytes;
  }

  /** Resolves when the worker can take a batch, or when the seat is closed. */
  async usable(): Promise<void> {
    let door;
    do {
      door = this.#door;
      await door.promise;
    } while (door !== this.#door);
  }

  /** Runs a batch. Rejects with WorkerDied. */
  async run(batch: Omit<Run, "kind" | "id">, histories: Histories): Promise<BatchResult> {
    await this.usable();
    if (this.#closed) throw new WorkerDied("stopped", undefined, "the pool is closed");
    const handle = this.#handle;
    try {
      const result = await handle.run(batch, histories);
      this.#deaths = 0;
      return result;
    } finally {
      this.#recycle(handle);
    }
  }

  /** Under load there is never a moment without a batch: a worker that has grown gets no more, and ends after its last. */
  #recycle(handle: WorkerHandle): void {
    if (handle !== this.#handle || this.#closed) return;
    if (!this.#retiring && handle.heapBytes > this.#settings.heapCeilingBytes) {
      this.#retiring = true;
      this.#shut();
    }
    if (this.#retiring && handle.load === 0) handle.end("recycled");
  }

  /** Whoever waited at the old door finds the new one. */
  #shut(): void {
    const { resolve } = this.#door;
    this.#door = Promise.withResolvers();
    resolve();
  }

  #fill(): void {
    const handle = new WorkerHandle(this.#settings, (exit, reason) => this.#exited(exit, reason));
    this.#handle = handle;
    handle.ready.then((ready) => ready && handle === this.#handle && this.#door.resolve());
  }

  #exited(exit: WorkerExit, reason: string): void {
    if (this.#closed) return;
    this.#shut();
    this.#retiring = false;
    const wait = exit === "recycled" ? 0 : backoffMs(++this.#deaths, RESTART_BACKOFF, Math.random());
    this.#restart = setTimeout(() => this.#fill(), wait);
    this.#onExit(exit, reason);
  }

  /** Ends the worker; batches it has, and batches that wait for it, are rejected. Legal twice. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#restart);
    this.#handle.end("stopped");
    this.#door.resolve();
  }
}
