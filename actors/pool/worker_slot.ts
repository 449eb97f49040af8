/** One slot of the pool. When its worker exits a replacement is started; batches queue until it is ready. @module */
import type { Child, ChildSpec } from "../supervision/child_supervisor.ts";
import type { Exit } from "../supervision/restart_policy.ts";
import { describeError } from "../error_info.ts";
import type { ThreadWatch } from "./runaway_thread.ts";
import {
  type FetchHistories,
  type OnWorkerExit,
  WorkerDied,
  type WorkerExit,
  WorkerHandle,
  type WorkerHandleOptions,
} from "./worker_handle.ts";
import type { BatchRequest, BatchResult, PassRequest, PassResult } from "../worker/protocol.ts";

export interface SlotOptions extends WorkerHandleOptions {
  /** A worker whose heap is above this is replaced between two batches. */
  readonly heapCeilingBytes: number;
}

export class WorkerSlot {
  readonly #options: SlotOptions;
  readonly #onWorkerExit: (exit: WorkerExit, reason: string) => void;
  #handle: WorkerHandle | undefined;
  /** Resolves when the worker takes batches; replaced by a new promise when it stops taking them. */
  #available = Promise.withResolvers<void>();
  /** The worker gets no more batches, and is ended after its last. */
  #retiring = false;
  /** The current worker has finished at least one batch. */
  #served = false;
  #closed = false;

  /** `onWorkerExit` is called at every exit of a worker, before its replacement starts. */
  constructor(options: SlotOptions, onWorkerExit: (exit: WorkerExit, reason: string) => void) {
    this.#options = options;
    this.#onWorkerExit = onWorkerExit;
  }

  /** The worker as a child: ready at once, since batches queue until it takes them. */
  spec(id: string): ChildSpec {
    return { id, restart: "permanent", stopMs: 0, start: () => this.#start() };
  }

  /** Size of the worker's heap as last reported; undefined before the first worker. */
  get heapBytes(): number | undefined {
    return this.#handle?.heapBytes;
  }

  /** The thread of the worker; in `onWorkerExit`, of the one that has exited. */
  get thread(): ThreadWatch | undefined {
    return this.#handle?.thread;
  }

  /** Batches that the worker has and has not answered. */
  get load(): number {
    return this.#handle?.load ?? 0;
  }

  /** Resolves when the worker can take a batch, or when the slot is closed. */
  async whenReady(): Promise<void> {
    let available;
    do {
      available = this.#available;
      await available.promise;
    } while (available !== this.#available);
  }

  /** Runs a batch. Rejects with WorkerDied. */
  run(
    batch: Omit<BatchRequest, "id">,
    histories: FetchHistories,
    expected: boolean,
  ): Promise<BatchResult> {
    return this.#with((handle) => handle.run(batch, histories, expected));
  }

  /** Runs a pass. Rejects with WorkerDied. */
  runPass(pass: Omit<PassRequest, "id">, histories: FetchHistories): Promise<PassResult> {
    return this.#with((handle) => handle.runPass(pass, histories));
  }

  async #with<R>(work: (handle: WorkerHandle) => Promise<R>): Promise<R> {
    await this.whenReady();
    if (this.#closed) throw new WorkerDied("stopped", undefined, "the pool is closed");
    const handle = this.#handle!;
    try {
      const result = await work(handle);
      this.#served ||= handle === this.#handle;
      return result;
    } finally {
      this.#recycle(handle);
    }
  }

  /** Under load a worker always has a batch: one above the heap ceiling therefore gets no more, and ends after its last. */
  #recycle(handle: WorkerHandle): void {
    if (handle !== this.#handle || this.#closed) return;
    if (!this.#retiring && handle.heapBytes > this.#options.heapCeilingBytes) {
      this.#retiring = true;
      this.#resetAvailable();
    }
    if (this.#retiring && handle.load === 0) handle.end("recycled");
  }

  /** What awaits the old promise wakes up and awaits the new one. */
  #resetAvailable(): void {
    const { resolve } = this.#available;
    this.#available = Promise.withResolvers();
    resolve();
  }

  #start(): Child {
    const ended = Promise.withResolvers<Exit>();
    const end = (...exit: Parameters<OnWorkerExit>) => ended.resolve(this.#exitOf(...exit));
    const kill = () => this.#handle?.end("stopped");
    try {
      const handle = new WorkerHandle(this.#options, end);
      this.#handle = handle;
      // The promise of this worker: once the worker has exited it is replaced, and resolving it has no effect.
      const available = this.#available;
      handle.ready.then((ready) => ready && available.resolve());
    } catch (error) {
      // A worker that can't be made exits like any other: it is counted, reported and restarted.
      end("start_failed", describeError(error).message, false);
    }
    return { ready: Promise.resolve(), ended: ended.promise, stop: kill, kill };
  }

  #exitOf(exit: WorkerExit, reason: string, expected: boolean): Exit {
    const served = this.#served;
    this.#served = false;
    this.#retiring = false;
    if (!this.#closed) this.#resetAvailable();
    if (exit !== "stopped") this.#onWorkerExit(exit, reason);
    const failed = exit !== "recycled" && exit !== "stopped";
    return { kind: failed ? "failed" : "normal", reason, served, exempt: !failed || expected };
  }

  /** Ends the worker; batches it has, and batches that wait for it, are rejected. Legal twice. */
  close(): void {
    this.#closed = true;
    this.#handle?.end("stopped");
    this.#available.resolve();
  }
}
