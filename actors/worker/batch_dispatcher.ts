/**
 * Handles the messages to a worker: keeps the states of the cases of its partitions, and runs batches. It only answers,
 * and never sends a message by itself.
 * @module
 */
import { BatchRun } from "./batch_run.ts";
import { DeliveryTimeout } from "./failed_attempt.ts";
import { type DerivedIds, derivedIds } from "../../schema/ids.ts";
import { StateCache } from "./state_cache.ts";
import type { AnyProcessor } from "../processor.ts";
import type { DeliverySpans, DeliverySpansOptions } from "./delivery_spans.ts";
import { runWithTimeout } from "./watchdog.ts";
import { NO_PLACE } from "./pass_place.ts";
import { type Lacking, PassRunner } from "./pass_runner.ts";
import {
  type BatchRequest,
  type FromWorker,
  IDLE,
  type PassRequest,
  PROGRESS,
  type Setup,
  type ToWorker,
  type WorkRequest,
  type WorkResult,
} from "./protocol.ts";

interface Result {
  readonly id: number;
  readonly result: WorkResult;
}

/** What the dispatcher needs of the worker around it. */
interface WorkerScope {
  post(message: FromWorker): void;
  heapBytes(): number;
  /** Calls back once all microtasks and queued tasks of the handlers have run; timers may be left. */
  whenIdle(act: () => void): void;
}

export class BatchDispatcher {
  readonly #processors: readonly AnyProcessor[];
  readonly #scope: WorkerScope;
  readonly #caches = new Map<string, StateCache>();
  readonly #awaitingHistories = new Map<number, BatchRun>();
  #idOf!: DerivedIds;
  #passes!: PassRunner;
  #settings!: Omit<Setup, "secret">;
  #makeSpans: ((request: BatchRequest, count: number) => DeliverySpans) | undefined;
  #progress!: Int32Array;

  constructor(processors: readonly AnyProcessor[], scope: WorkerScope) {
    this.#processors = processors;
    this.#scope = scope;
  }

  /** Handles one message. An error it throws ends the worker. */
  onMessage(message: ToWorker): void {
    if (message.kind === "setup") return this.#setup(message);
    if (message.kind === "batches") return this.#report(message.requests.flatMap((run) => this.#begin(run)));
    if (this.#passes.isWaiting(message.id)) return this.#resumePass(message.id, message.lines);
    const run = this.#awaitingHistories.get(message.id)!;
    this.#awaitingHistories.delete(message.id);
    if (message.lines !== null) this.#report([this.#finish(message.id, run, message.lines)]);
  }

  /** The secret is kept in no field: handlers share this thread. */
  #setup({ secret, ...message }: Setup): void {
    this.#settings = message;
    this.#idOf = derivedIds(secret);
    this.#passes = new PassRunner(this.#caches, this.#idOf);
    this.#progress = new Int32Array(message.progress);
    const limit = Math.ceil(message.stateLimit / this.#processors.length);
    for (const processor of this.#processors) {
      this.#caches.set(processor.name, new StateCache(processor, limit));
    }
    if (message.traces === undefined) return this.#scope.post({ kind: "ready" });
    void this.#loadSpans(message.traces);
  }

  /** Ready only then, so that no batch comes before. */
  async #loadSpans(traces: DeliverySpansOptions): Promise<void> {
    const { DeliverySpans } = await import("./delivery_spans.ts");
    this.#makeSpans = (request, count) => new DeliverySpans(traces, request, count);
    this.#passes.makeSpans = ({ partition, traceparent }, processor) =>
      new DeliverySpans(traces, { processor, partition, traceparent });
    this.#scope.post({ kind: "ready" });
  }

  #begin(request: WorkRequest): Result[] {
    return "members" in request ? this.#startPass(request) : this.#start(request);
  }

  #startPass(request: PassRequest): Result[] {
    const { id } = request;
    const before = [...this.#progress] as [number, number, number];
    this.recordProgress(id, 0, NO_PLACE);
    const lacking = this.#passes.begin(request);
    if (lacking === undefined) return this.#finishPass(id);
    this.#askFor(id, lacking);
    this.recordProgress(...before);
    return [];
  }

  #resumePass(id: number, lines: string | null): void {
    if (lines === null) return this.#passes.drop(id);
    this.#passes.addHistories(id, lines);
    this.#report(this.#finishPass(id));
  }

  #finishPass(id: number): Result[] {
    const onProgress = (handled: number, place: number) => this.recordProgress(id, handled, place);
    this.recordProgress(id, 0, NO_PLACE);
    const result = this.#passes.finish(id, this.#settings.deliveryTimeoutMs, onProgress);
    this.recordProgress(id, 0, NO_PLACE);
    if (result.kind !== "lacking") return [{ id, result }];
    this.#askFor(id, result);
    return [];
  }

  #askFor(id: number, { needs, types }: Lacking): void {
    this.#scope.post({ kind: "need", id, needs, types });
  }

  /** The result of a batch; none yet when histories are missing. */
  #start(request: BatchRequest): Result[] {
    const { id, processor, partition, lines } = request;
    const before = [...this.#progress] as [number, number, number];
    this.recordProgress(id, 0);
    const own = this.#caches.get(processor)!;
    const others = [...this.#caches.values()].filter((other) => other !== own);
    const run = new BatchRun(own, others, partition, lines, this.#idOf);
    run.spans = this.#makeSpans?.(request, run.deliveries.length);
    const { needs } = run;
    if (needs.length === 0) return [this.#finish(id, run, "")];
    this.#awaitingHistories.set(id, run);
    const { takes, folds } = run.processor;
    this.#scope.post({ kind: "need", id, needs, types: [...takes, ...folds] });
    // While it waits, a crash of this worker must not be attributed to its first delivery.
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
    this.#scope.whenIdle(() => Atomics.store(this.#progress, PROGRESS.batch, IDLE));
  }

  /** Runs until the batch ends or the watchdog stops it. A delivery fails only if it had the whole time to itself. */
  #runUntilTimeout(id: number, run: BatchRun): void {
    const first = run.next;
    const { deliveryTimeoutMs } = this.#settings;
    const inTime = runWithTimeout(() => {
      while (!run.isFinished) {
        this.recordProgress(id, run.next);
        run.step();
      }
    }, deliveryTimeoutMs);
    // An outcome that is half recorded can't be recognised: the worker ends, and another one runs the batch again.
    if (!inTime && run.isRecording) {
      throw new Error("Stopped while the outcome of a delivery was being recorded");
    }
    if (!inTime && run.next === first) {
      run.fail(new DeliveryTimeout(deliveryTimeoutMs));
    }
  }

  /** Shows the supervisor's thread which delivery runs, so that it is known if the worker dies. */
  protected recordProgress(batch: number, delivery: number, suspect = delivery): void {
    Atomics.store(this.#progress, PROGRESS.suspect, suspect);
    Atomics.store(this.#progress, PROGRESS.delivery, delivery);
    Atomics.store(this.#progress, PROGRESS.batch, batch);
  }
}
