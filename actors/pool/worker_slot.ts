/** The place of one worker in the pool: whoever dies there is replaced, and batches wait at its door meanwhile. @module */
import type { Child, ChildSpec } from "../supervision/child_supervisor.ts";
import type { Exit } from "../supervision/restart_policy.ts";
import { describeError } from "../error_info.ts";
import {
  type FetchHistories,
  WorkerDied,
  type WorkerExit,
  type WorkerExitListener,
  WorkerHandle,
  type WorkerHandleOptions,
} from "./worker_handle.ts";
import type { BatchRequest, BatchResult } from "../worker/protocol.ts";

export interface SlotOptions extends WorkerHandleOptions {
  /** A worker whose heap is above this is replaced between two batches. */
  readonly heapCeilingBytes: number;
}

export class WorkerSlot {
  readonly #options: SlotOptions;
  readonly #onWorkerExit: (exit: WorkerExit, reason: string) => void;
  #handle: WorkerHandle | undefined;
  /** Resolves when batches may go in. Replaced by a new one when the door is shut. */
  #available = Promise.withResolvers<void>();
  /** The worker takes nothing more, and ends when what it has is done. */
  #retiring = false;
  /** The worker that sits here has answered a batch. */
  #served = false;
  #closed = false;

  /** `onExit` hears of every end of a worker before the next one is started. */
  constructor(options: SlotOptions, onWorkerExit: (exit: WorkerExit, reason: string) => void) {
    this.#options = options;
    this.#onWorkerExit = onWorkerExit;
  }

  /** The worker as a child: ready at once, for batches wait at the door until it can take them. */
  spec(id: string): ChildSpec {
    return { id, restart: "permanent", stopMs: 0, start: () => this.#start() };
  }

  /** What the worker last said of its heap; undefined before the first one. */
  get heapBytes(): number | undefined {
    return this.#handle?.heapBytes;
  }

  /** Batches that the worker has and has not answered. */
  get load(): number {
    return this.#handle?.load ?? 0;
  }

  /** Resolves when the worker can take a batch, or when the seat is closed. */
  async whenReady(): Promise<void> {
    let available;
    do {
      available = this.#available;
      await available.promise;
    } while (available !== this.#available);
  }

  /** Runs a batch. Rejects with WorkerDied. */
  async run(
    batch: Omit<BatchRequest, "id">,
    histories: FetchHistories,
    expected: boolean,
  ): Promise<BatchResult> {
    await this.whenReady();
    if (this.#closed) throw new WorkerDied("stopped", undefined, "the pool is closed");
    const handle = this.#handle!;
    try {
      const result = await handle.run(batch, histories, expected);
      this.#served ||= handle === this.#handle;
      return result;
    } finally {
      this.#recycle(handle);
    }
  }

  /** Under load there is never a moment without a batch: a worker that has grown gets no more, and ends after its last. */
  #recycle(handle: WorkerHandle): void {
    if (handle !== this.#handle || this.#closed) return;
    if (!this.#retiring && handle.heapBytes > this.#options.heapCeilingBytes) {
      this.#retiring = true;
      this.#resetAvailable();
    }
    if (this.#retiring && handle.load === 0) handle.end("recycled");
  }

  /** Whoever waited at the old door finds the new one. */
  #resetAvailable(): void {
    const { resolve } = this.#available;
    this.#available = Promise.withResolvers();
    resolve();
  }

  #start(): Child {
    const ended = Promise.withResolvers<Exit>();
    const end = (...exit: Parameters<WorkerExitListener>) => ended.resolve(this.#exitOf(...exit));
    const kill = () => this.#handle?.end("stopped");
    try {
      const handle = new WorkerHandle(this.#options, end);
      this.#handle = handle;
      // The door that it came in by: should it be dead by then, there is another one, and it stays shut.
      const available = this.#available;
      handle.ready.then((ready) => ready && available.resolve());
    } catch (error) {
      // A worker that can't even be made ends like every other one: counted, told, and started again.
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
