/**
 * What a worker does with what it hears: hosts the virtual actors (the states of cases) of its partitions and runs their
 * handlers. It answers and never pushes.
 * @module
 */
import { BatchRun, DeliveryTimeout } from "./batch_run.ts";
import { StateCache } from "./state_cache.ts";
import type { AnyProcessor } from "../processor.ts";
import { runWithTimeout } from "./watchdog.ts";
import {
  type BatchRequest,
  type BatchResult,
  type FromWorker,
  IDLE,
  type Setup,
  type ToWorker,
} from "./protocol.ts";

interface Result {
  readonly id: number;
  readonly result: BatchResult;
}

/** Places in the shared progress: which batch runs, and which of its deliveries. */
const BATCH = 0;
const DELIVERY = 1;

/** The worker around a host: where its answers go, how big it is, and when it is at rest. */
interface WorkerScope {
  post(message: FromWorker): void;
  heapBytes(): number;
  /** Calls back when nothing is left that the handlers until now set going, but for what waits for a time. */
  whenIdle(act: () => void): void;
}

export class BatchDispatcher {
  readonly #processors: readonly AnyProcessor[];
  readonly #scope: WorkerScope;
  readonly #caches = new Map<string, StateCache>();
  readonly #awaitingHistories = new Map<number, BatchRun>();
  #settings!: Setup;
  #progress!: Int32Array;

  constructor(processors: readonly AnyProcessor[], scope: WorkerScope) {
    this.#processors = processors;
    this.#scope = scope;
  }

  /** Does what it is told. What it throws is the end of its worker. */
  onMessage(message: ToWorker): void {
    if (message.kind === "setup") return this.#setup(message);
    if (message.kind === "runs") return this.#report(message.requests.flatMap((run) => this.#start(run)));
    const run = this.#awaitingHistories.get(message.id)!;
    this.#awaitingHistories.delete(message.id);
    if (message.lines !== null) this.#report([this.#finish(message.id, run, message.lines)]);
  }

  #setup(message: Setup): void {
    this.#settings = message;
    this.#progress = new Int32Array(message.progress);
    const limit = Math.ceil(message.stateLimit / this.#processors.length);
    for (const processor of this.#processors) {
      this.#caches.set(processor.name, new StateCache(processor, limit));
    }
    this.#scope.post({ kind: "ready" });
  }

  /** Its result; or none yet, when it lacks histories. */
  #start({ id, processor, partition, lines }: BatchRequest): Result[] {
    const before = [...this.#progress] as [number, number];
    this.recordProgress(id, 0);
    const own = this.#caches.get(processor)!;
    const others = [...this.#caches.values()].filter((other) => other !== own);
    const run = new BatchRun(own, others, partition, lines);
    const { needs } = run;
    if (needs.length === 0) return [this.#finish(id, run, "")];
    this.#awaitingHistories.set(id, run);
    const { takes, folds } = run.processor;
    this.#scope.post({ kind: "need", id, needs, types: [...takes, ...folds] });
    // While it waits, nothing that happens in this worker is the fault of its first delivery.
    this.recordProgress(...before);
    return [];
  }

  #finish(id: number, run: BatchRun, histories: string): Result {
    this.recordProgress(id, 0);
    run.addHistories(histories);
    while (!run.isFinished) this.#runUntilTimeout(id, run);
    const result = run.result();
    this.recordProgress(id, run.deliveries.length);
    return { id, result };
  }

  #report(results: readonly Result[]): void {
    this.#scope.post({ kind: "results", results, heapBytes: this.#scope.heapBytes() });
    this.#scope.whenIdle(() => Atomics.store(this.#progress, BATCH, IDLE));
  }

  /** Runs on until the batch ends or the guard stops it. Only a delivery that had the whole time to itself is to blame. */
  #runUntilTimeout(id: number, run: BatchRun): void {
    const first = run.next;
    const { deliveryTimeoutMs } = this.#settings;
    const inTime = runWithTimeout(() => {
      while (!run.isFinished) {
        this.recordProgress(id, run.next);
        run.step();
      }
    }, deliveryTimeoutMs);
    // A half kept outcome can't be told from a whole one: better to end here, and let the batch be done again by another.
    if (!inTime && run.isRecording) throw new Error("Stopped while the outcome of a delivery was being kept");
    if (!inTime && run.next === first) {
      run.fail(new DeliveryTimeout(`A handler did not return within ${deliveryTimeoutMs} ms`));
    }
  }

  /** Shows the supervisor's thread how far it is, so that whoever ends the worker is known. */
  protected recordProgress(batch: number, delivery: number): void {
    Atomics.store(this.#progress, DELIVERY, delivery);
    Atomics.store(this.#progress, BATCH, batch);
  }
}
