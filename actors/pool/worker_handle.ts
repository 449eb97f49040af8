/** The supervisor's side of one worker: sends batches, watches progress, terminates. @module */
import type { HistoryNeed } from "../../backends/mailbox/mailbox.ts";
import type { Tracing } from "../../backends/tracing/tracing.ts";
import type { ThreadWatch } from "./runaway_thread.ts";
import { spawnWebWorker, type SpawnWorker, type WorkerLike } from "./spawn_worker.ts";
import { describeError } from "../error_info.ts";
import {
  type BatchRequest,
  type BatchResult,
  type FromWorker,
  IDLE,
  type PassRequest,
  type PassResult,
  PROGRESS,
  type ToWorker,
  type WorkRequest,
  type WorkResult,
} from "../worker/protocol.ts";

/** How a worker came to its end. */
export type WorkerExit = "start_failed" | "threw" | "hung" | "recycled" | "stopped";

/**
 * The worker died while it had this batch. `suspect` is the index of the delivery it handled, if it was of this batch; of a pass
 * its place (`worker/pass_place.ts`).
 */
export class WorkerDied extends Error {
  override name = "WorkerDied";
  constructor(readonly exit: WorkerExit, readonly suspect: number | undefined, reason: string) {
    super(`The worker ${exit === "hung" ? "did not return" : "died"} (${exit}): ${reason}`);
  }
}

export interface WorkerHandleOptions {
  readonly deliveryTimeoutMs: number;
  readonly stateLimit: number;
  /** A worker without progress for this long is hung. Greater than deliveryTimeoutMs, which the worker itself enforces. */
  readonly hangMs: number;
  /** A worker may take this long to start. */
  readonly startMs: number;
  /** Another worker entry, which hosts other processors. Default: `worker.ts`. */
  readonly entry?: URL;
  /** What the program of the worker is configured with, as plain data. */
  readonly configuration?: unknown;
  /** Another way to make a worker than as a Web Worker. */
  readonly spawn?: SpawnWorker;
  /** The secret of the store, which may take as long as it takes the store to be opened. */
  readonly secret: Promise<string>;
  /** Makes traces (`loadTracing`). Default: none. */
  readonly tracing?: Tracing | undefined;
}

/** Fetches the histories a worker lacks. */
export type FetchHistories = (needs: readonly HistoryNeed[], types: readonly string[]) => Promise<string>;

/** Called once a worker ended; `expected`: by a delivery that was known to crash workers. */
export type OnWorkerExit = (exit: WorkerExit, reason: string, expected: boolean) => void;

interface Job {
  readonly resolve: (result: WorkResult) => void;
  readonly reject: (error: unknown) => void;
  readonly histories: FetchHistories;
  /** The batch is known to crash workers. */
  readonly expected: boolean;
  /** The worker waits for histories; this time does not count towards `hangMs`. */
  isFetching: boolean;
}

/** From this size on a batch is worth a message of its own. */
const LARGE_BATCH_BYTES = 65_536;
/** Interval between two checks of the progress while the worker has a batch. */
const WATCH_MS = 100;

export class WorkerHandle {
  readonly #worker: WorkerLike;
  readonly #progress = new Int32Array(new SharedArrayBuffer(4 * Object.keys(PROGRESS).length));
  readonly #jobs = new Map<number, Job>();
  /** Batches that are not sent yet. */
  #queue: WorkRequest[] = [];
  /** Batches that the worker has and that wait for no history. */
  #running = 0;
  readonly #options: WorkerHandleOptions;
  readonly #onWorkerExit: OnWorkerExit;
  /** Resolves when it can take its first batch; false when it ended before. */
  readonly ready: Promise<boolean>;
  #resolveReady!: (ready: boolean) => void;
  #nextId = 1;
  #isReady = false;
  #hasExited = false;
  #thread: ThreadWatch | undefined;
  /** Active only while the worker is busy: an idle worker costs nothing. */
  #watch: ReturnType<typeof setInterval> | undefined;
  /** Progress at the last check, and for how long it has been unchanged. */
  #lastProgress = { batch: 0, delivery: 0, at: 0, stillMs: 0 };
  /** Size of the worker's heap as last reported. */
  heapBytes = 0;

  constructor(options: WorkerHandleOptions, onWorkerExit: OnWorkerExit) {
    this.#options = options;
    this.#onWorkerExit = onWorkerExit;
    this.ready = new Promise((resolve) => this.#resolveReady = resolve);
    this.#worker = options.spawn?.() ?? spawnWebWorker(options.entry);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker | null>) => this.#onMessage(data);
    this.#worker.onmessageerror = () => this.#end("threw", "a message could not be read");
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(this.#isReady ? "threw" : "start_failed", describeError(event.message).message);
    };
    // A secret that can't be had is reported by whoever asked for it.
    options.secret.then((secret) => this.#setUp(secret), () => {});
  }

  #setUp(secret: string): void {
    if (this.#hasExited) return;
    const { deliveryTimeoutMs, stateLimit, startMs, tracing, configuration } = this.#options;
    const progress = this.#progress.buffer as SharedArrayBuffer;
    const traces = tracing && { store: tracing.store, mode: tracing.mode };
    const limits = { deliveryTimeoutMs, stateLimit };
    this.#send({ kind: "setup", progress, secret, ...limits, configuration, ...(traces && { traces }) });
    const late = setTimeout(() => this.#end("start_failed", `not ready within ${startMs} ms`), startMs);
    this.ready.finally(() => clearTimeout(late));
  }

  /** Tells when its thread has ended: from when it is ready until it exits; after that only if it hung. */
  get thread(): ThreadWatch | undefined {
    return this.#thread;
  }

  /** Batches without a result so far. */
  get load(): number {
    return this.#jobs.size;
  }

  /** Sends a batch. Rejects with WorkerDied when the worker ends before it answers. */
  run(batch: Omit<BatchRequest, "id">, histories: FetchHistories, expected: boolean): Promise<BatchResult> {
    return this.#ask((id) => ({ id, ...batch }), histories, expected) as Promise<BatchResult>;
  }

  /** Sends a pass. Rejects as `run`. */
  runPass(pass: Omit<PassRequest, "id">, histories: FetchHistories): Promise<PassResult> {
    return this.#ask((id) => ({ id, ...pass }), histories, false) as Promise<PassResult>;
  }

  #ask(
    requestOf: (id: number) => WorkRequest,
    histories: FetchHistories,
    expected: boolean,
  ): Promise<WorkResult> {
    if (this.#hasExited) return Promise.reject(new WorkerDied("recycled", undefined, "it had ended already"));
    const id = this.#nextId++;
    if (this.#jobs.size === 0) this.#checkProgress(true);
    this.#watch ??= setInterval(() => this.#checkProgress(), WATCH_MS);
    return new Promise((resolve, reject) => {
      this.#jobs.set(id, { resolve, reject, histories, expected, isFetching: false });
      this.#queue.push(requestOf(id));
      queueMicrotask(() => this.#flush());
    });
  }

  /**
   * Sends the queue as one message. A message costs more than a small batch, so small ones accumulate while the worker
   * is busy.
   */
  #flush(): void {
    const waits = this.#running > 0 && !this.#queue.some(({ lines }) => lines.length >= LARGE_BATCH_BYTES);
    if (waits || this.#queue.length === 0 || this.#hasExited) return;
    this.#running += this.#queue.length;
    this.#send({ kind: "batches", requests: this.#queue });
    this.#queue = [];
  }

  /** Ends the worker; batches it still has are rejected. Legal twice. */
  end(exit: "recycled" | "stopped"): void {
    this.#end(exit, exit);
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromWorker | null): void {
    if (this.#hasExited) return;
    if (message?.kind === "ready" && !this.#isReady) {
      this.#isReady = true;
      this.#thread = this.#worker.watchThread?.();
      return this.#resolveReady(true);
    }
    // A handler may have posted a message of its own: any other message ends the worker.
    if (message?.kind === "need" && this.#jobs.has(message.id)) return this.#onNeed(message);
    if (message?.kind !== "results" || message.results.some(({ id }) => !this.#jobs.has(id))) {
      return this.#end("threw", "it answered what was not asked");
    }
    this.heapBytes = message.heapBytes;
    for (const { id, result } of message.results) {
      this.#jobs.get(id)!.resolve(result);
      this.#jobs.delete(id);
    }
    this.#onBatchesStopped(message.results.length);
  }

  #onNeed({ id, needs, types }: FromWorker & { kind: "need" }): void {
    void this.#fetch(id, this.#jobs.get(id)!, needs, types);
    this.#onBatchesStopped(1);
  }

  /** This many of its batches are done, or wait for histories. */
  #onBatchesStopped(batches: number): void {
    this.#running -= batches;
    this.#flush();
  }

  async #fetch(id: number, job: Job, needs: readonly HistoryNeed[], types: readonly string[]): Promise<void> {
    job.isFetching = true;
    try {
      const lines = await job.histories(needs, types);
      if (this.#hasExited) return;
      job.isFetching = false;
      this.#running++;
      this.#checkProgress(true);
      this.#send({ kind: "histories", id, lines });
    } catch (error) {
      // An error of the store, not of the worker: the caller of `run` handles it.
      this.#jobs.delete(id);
      if (!this.#hasExited) this.#send({ kind: "histories", id, lines: null });
      job.reject(error);
    }
  }

  #shown(what: keyof typeof PROGRESS): number {
    return Atomics.load(this.#progress, PROGRESS[what]);
  }

  /** It has a batch to work on, or something that a handler left behind still runs. */
  #isBusy(batch: number): boolean {
    return batch !== IDLE || this.#jobs.values().some(({ isFetching }) => !isFetching);
  }

  #stopWatching(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  /**
   * Compares the shared progress with the last check: a busy worker without progress for `hangMs` is hung. Between two
   * checks at most twice the interval counts, since a process that was suspended suspends its workers too.
   */
  #checkProgress(moved = false): void {
    const [batch, delivery] = [this.#shown("batch"), this.#shown("delivery")];
    const last = this.#lastProgress;
    const now = performance.now();
    const isStalled = !moved && this.#isBusy(batch) && batch === last.batch && delivery === last.delivery;
    const stalledMs = isStalled ? last.stillMs + Math.min(now - last.at, 2 * WATCH_MS) : 0;
    this.#lastProgress = { batch, delivery, at: now, stillMs: stalledMs };
    if (stalledMs > this.#options.hangMs) this.#end("hung", `no progress for ${this.#options.hangMs} ms`);
    else if (!moved && batch === IDLE && this.#jobs.size === 0) this.#stopWatching();
  }

  #end(exit: WorkerExit, reason: string): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#stopWatching();
    this.#worker.terminate();
    if (exit !== "hung") this.#thread?.close();
    this.#resolveReady(false);
    const [batch, suspect] = [this.#shown("batch"), this.#shown("suspect")];
    const isAtFault = exit === "threw" || exit === "hung";
    const expected = isAtFault && this.#jobs.get(batch)?.expected === true;
    for (const [id, job] of this.#jobs) {
      job.reject(new WorkerDied(exit, isAtFault && id === batch ? suspect : undefined, reason));
    }
    this.#jobs.clear();
    this.#onWorkerExit(exit, reason, expected);
  }
}
