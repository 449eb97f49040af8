/**
 * The supervisor of a node, a tree:
 *
 * ```
 * node (rest_for_one)
 * ├── workers (one_for_one): worker/0, worker/1, …
 * └── the backend (one_for_one): a processor each, with an actor for every mailbox it won
 * ```
 *
 * Started left to right, stopped right to left: what is in hand is settled before the workers end. Whoever is restarted
 * too often is given up on, and the one above decides; above the node is its guardian.
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import { type ChildSpec, ChildSupervisor, LONGEST_TIMER_MS } from "./supervision/child_supervisor.ts";
import { SharedLock } from "../backends/primitives/shared_lock.ts";
import type { Observer } from "./observer.ts";
import type { AnyProcessor } from "./processor.ts";
import { ProcessorSubscription } from "./subscription.ts";
import type { Exit } from "./supervision/restart_policy.ts";
import type { FailurePolicy } from "./failures/failure_policy.ts";
import { type PoolOptions, WorkerPool } from "./pool/worker_pool.ts";

export interface SupervisorOptions extends PoolOptions {
  readonly policy: FailurePolicy;
}

/** How a supervisor ended: because it was asked to, or because it gave up and its process should begin anew. */
type SupervisorExit = { readonly kind: "stopped" } | { readonly kind: "escalated"; readonly reason: string };

/** What neither workers nor processors could mend, a fresh process mends better than we do. */
const NODE = {
  id: "node",
  strategy: "rest_for_one",
  intensity: { restarts: 0, periodMs: 60_000 },
  backoff: { firstMs: 100, longestMs: 5_000 },
} as const;

/** A bug is seen soon, and still does not end the other processors at its first appearance. */
const PROCESSORS = {
  strategy: "one_for_one",
  intensity: { restarts: 3, periodMs: 60_000 },
  backoff: { firstMs: 50, longestMs: 5_000 },
} as const;

export class Supervisor {
  readonly #backend: Backend;
  readonly #processors: readonly AnyProcessor[];
  readonly #observer: Observer;
  readonly #options: SupervisorOptions;
  #pool: WorkerPool | undefined;
  #node: ChildSupervisor | undefined;
  #stopping = false;
  #escalation: string | undefined;
  #crash: { error: unknown } | undefined;
  readonly #endRequested = Promise.withResolvers<void>();

  constructor(
    backend: Backend,
    processors: readonly AnyProcessor[],
    observer: Observer,
    options: SupervisorOptions,
  ) {
    this.#backend = backend;
    this.#processors = processors;
    this.#observer = observer;
    this.#options = options;
  }

  /**
   * Starts workers, then asks for mailboxes. Resolves when every worker is ready, or when that is given up on: then
   * `ended` says so. Once it was stopped, it does not start.
   */
  async start(): Promise<void> {
    if (this.#stopping) return;
    this.#node = new ChildSupervisor(NODE, [
      { id: "workers", restart: "permanent", stopMs: 0, start: () => this.#startWorkers() },
      {
        id: this.#backend.name,
        restart: "permanent",
        stopMs: Infinity,
        start: () => this.#startProcessors(),
      },
    ], (_child, exit) => this.#onNodeExit(exit));
    await this.#pool?.ready();
  }

  #startWorkers(): ChildSupervisor {
    this.#pool = new WorkerPool(this.#options, this.#observer, (reason) => this.#onEscalate(reason));
    return this.#pool.supervisor;
  }

  #startProcessors(): ChildSupervisor {
    const context = {
      pool: this.#pool!,
      lock: new SharedLock(),
      observer: this.#observer,
      policy: this.#options.policy,
      now: () => new Date(),
      random: Math.random,
    };
    const specs = this.#processors.map((processor, priority): ChildSpec => ({
      id: processor.name,
      restart: "permanent",
      stopMs: Infinity,
      start: () => new ProcessorSubscription(this.#backend, processor, { ...context, priority }),
    }));
    const onChildExit = (processor: string, { reason }: Exit) =>
      this.#observer.processorRestarted?.({ processor, reason });
    return new ChildSupervisor({ ...PROCESSORS, id: this.#backend.name }, specs, onChildExit);
  }

  /** Heap of each worker in bytes, as last reported. */
  get heapBytes(): number[] {
    return this.#pool?.heapBytes ?? [];
  }

  /** Batches that are with a worker. */
  get batchesInHand(): number {
    return this.#pool?.load ?? 0;
  }

  /** The node restarts nothing itself: what failed below it stays down, and the process is to begin anew. */
  #onNodeExit({ reason, error }: Exit): void {
    if (error === undefined) this.#escalation ??= reason;
    else this.#crash ??= { error };
    this.#endRequested.resolve();
  }

  #onEscalate(reason: string): void {
    this.#escalation ??= reason;
    this.#beginStop();
  }

  /** Batches in hand go on; no more are asked for. */
  #beginStop(): void {
    this.#stopping = true;
    this.#node?.stop();
    this.#endRequested.resolve();
  }

  /** Resolves when the supervisor was stopped or gave up; rejects with a bug. The caller then stops it. */
  async ended(): Promise<SupervisorExit> {
    await this.#endRequested.promise;
    if (this.#crash !== undefined) throw this.#crash.error;
    return this.#escalation === undefined
      ? { kind: "stopped" }
      : { kind: "escalated", reason: this.#escalation };
  }

  /**
   * Stops: batches in hand are settled, leases are given back, workers end. What is not done by the deadline is left
   * unsettled, to be done again. Returns whether everything was settled in time. Legal twice, and before a start.
   */
  async stop(deadlineMs: number): Promise<boolean> {
    this.#beginStop();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.min(deadlineMs, LONGEST_TIMER_MS));
    });
    const inTime = await Promise.race([this.#node?.ended.then(() => true) ?? true, late]);
    clearTimeout(timer);
    this.#node?.kill();
    this.#pool?.close();
    return inTime;
  }
}
