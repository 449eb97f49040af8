/**
 * The supervisor of a node, a tree:
 *
 * ```
 * node (rest_for_one)
 * ├── workers (one_for_one): worker/0, worker/1, …
 * └── the backend (one_for_one): a processor each, with an actor for every mailbox it acquired
 * ```
 *
 * Started left to right, stopped right to left: batches in hand are settled before the workers end. A child that is
 * restarted too often is given up, and the supervisor above decides; above the node is its guardian.
 * @module
 */
import type { Mailbox, MailboxSource } from "../backends/mailbox/mailbox.ts";
import { type ChildSpec, ChildSupervisor, LONGEST_TIMER_MS } from "./supervision/child_supervisor.ts";
import { retryWhileUnavailable } from "../backends/primitives/retry.ts";
import { SharedLock } from "../backends/primitives/shared_lock.ts";
import type { Observer } from "./observer.ts";
import type { AnyProcessor } from "./processor.ts";
import { Sequencers } from "./passes/sequencers.ts";
import { FORWARDER } from "./forwarding/forwarded_event.ts";
import { Forwarder } from "./forwarding/forwarder.ts";
import { ProcessorSubscription, type SubscriptionContext } from "./subscription.ts";
import type { Exit } from "./supervision/restart_policy.ts";
import { DEFAULT_POLICY, type FailurePolicy } from "./failures/failure_policy.ts";
import { type PoolOptions, WorkerPool } from "./pool/worker_pool.ts";

export interface SupervisorOptions extends Omit<PoolOptions, "secret"> {
  readonly policy: FailurePolicy;
  /** Whether what a processor emits is handled in the same pass, where the store has passes. Default true. */
  readonly passes?: boolean;
}

/** The options of a node with this many workers; the reference of settings says what each is for. */
export function defaultSupervisorOptions(
  workers: number,
  policy: FailurePolicy = DEFAULT_POLICY,
): SupervisorOptions {
  return {
    workers,
    deliveryTimeoutMs: 1_000,
    hangMs: 3_000,
    startMs: 30_000,
    stateLimit: 20_000,
    heapCeilingBytes: 256 * 1024 * 1024,
    intensity: { restarts: 20, periodMs: 60_000 },
    policy,
  };
}

/** How a supervisor ended: because it was asked to, or because it gave up and its process must start anew. */
type SupervisorExit = { readonly kind: "stopped" } | { readonly kind: "escalated"; readonly reason: string };

/** It restarts nothing: what restarts of workers and processors did not repair, a fresh process repairs better. */
const NODE = {
  id: "node",
  strategy: "rest_for_one",
  intensity: { restarts: 0, periodMs: 60_000 },
  backoff: { firstMs: 100, longestMs: 5_000 },
} as const;

/** A bug is reported soon, and its first occurrence does not end the other processors. */
const PROCESSORS = {
  strategy: "one_for_one",
  intensity: { restarts: 3, periodMs: 60_000 },
  backoff: { firstMs: 50, longestMs: 5_000 },
} as const;

export class Supervisor {
  readonly #source: MailboxSource;
  readonly #processors: readonly AnyProcessor[];
  readonly #observer: Observer;
  readonly #options: SupervisorOptions;
  #pool: WorkerPool | undefined;
  #node: ChildSupervisor | undefined;
  #registered: Promise<void> | undefined;
  #secret: Promise<string> | undefined;
  #stopping = false;
  #escalation: string | undefined;
  #crash: { error: unknown } | undefined;
  readonly #endRequested = Promise.withResolvers<void>();
  readonly #stopped = new AbortController();

  constructor(
    source: MailboxSource,
    processors: readonly AnyProcessor[],
    observer: Observer,
    options: SupervisorOptions,
  ) {
    this.#source = source;
    this.#processors = processors;
    this.#observer = observer;
    this.#options = options;
  }

  /**
   * Starts workers, then asks for mailboxes. Resolves when every worker is ready, or when the workers are given up:
   * `ended` then resolves. After `stop` it does nothing. Rejects where the secret of the store can't be read.
   */
  async start(): Promise<void> {
    if (this.#stopping) return;
    const secret = retryWhileUnavailable(() => this.#source.secret(), this.#stopped.signal);
    this.#secret = secret;
    this.#node = new ChildSupervisor(NODE, [
      { id: "workers", restart: "permanent", stopMs: 0, start: () => this.#startWorkers(secret) },
      {
        id: this.#source.name,
        restart: "permanent",
        stopMs: Infinity,
        start: () => this.#startProcessors(),
      },
    ], (_child, exit) => this.#onNodeExit(exit));
    const stopped = new Promise((resolve) => this.#stopped.signal.addEventListener("abort", resolve));
    await Promise.race([Promise.all([secret, this.#pool?.ready()]), stopped]);
  }

  #startWorkers(secret: Promise<string>): ChildSupervisor {
    const options = { ...this.#options, secret };
    this.#pool = new WorkerPool(options, this.#observer, (reason) => this.#onEscalate(reason));
    return this.#pool.supervisor;
  }

  #startProcessors(): ChildSupervisor {
    const { policy, tracing, passes = true } = this.#options;
    const shared = { pool: this.#pool!, lock: new SharedLock(), observer: this.#observer, tracing };
    const context = { ...shared, policy, now: () => new Date(), random: Math.random };
    const register = () => this.#register();
    const sequencers = passes ? new Sequencers(shared) : undefined;
    const specs = this.#processors.map((processor, priority): ChildSpec => {
      const { name: id, takes: types } = processor;
      const joinPasses = sequencers &&
        ((mailbox: Mailbox, isCleared: () => boolean) =>
          sequencers.join({ mailbox, types, priority, isCleared }));
      const own = { ...context, priority, joinPasses, register };
      const start = () => new ProcessorSubscription(this.#source, processor, own);
      return { id, restart: "permanent", stopMs: Infinity, start };
    });
    if (this.#sends) specs.push(this.#forwarder({ ...context, register }));
    const onChildExit = (processor: string, { reason, isFinal }: Exit) => {
      if (!isFinal) this.#observer.processorRestarted?.({ processor, reason });
    };
    return new ChildSupervisor({ ...PROCESSORS, id: this.#source.name }, specs, onChildExit);
  }

  /** What its processors send to other cases is forwarded by an actor beside them. */
  get #sends(): boolean {
    return this.#processors.some(({ sends = [] }) => sends.length > 0);
  }

  #forwarder(context: Omit<SubscriptionContext, "priority">): ChildSpec {
    const semaphore = (partition: number) => context.pool.semaphore(partition);
    const pool = new Forwarder(this.#source, this.#secret!, semaphore);
    const own = { ...context, pool, priority: this.#processors.length };
    const start = () => new ProcessorSubscription(this.#source, FORWARDER, own);
    return { id: FORWARDER.name, restart: "permanent", stopMs: Infinity, start };
  }

  /** All processors of this program together, once; again where the store did not answer. */
  #register(): Promise<void> {
    this.#registered ??= Promise.resolve(
      this.#source.register?.(this.#sends ? [...this.#processors, FORWARDER] : this.#processors),
    ).catch((error) => {
      this.#registered = undefined;
      throw error;
    });
    return this.#registered;
  }

  /** Heap of each worker in bytes, as last reported. */
  get heapBytes(): number[] {
    return this.#pool?.heapBytes ?? [];
  }

  /** Batches that are with a worker. */
  get batchesInHand(): number {
    return this.#pool?.load ?? 0;
  }

  /** What failed below the node stays down: the process must start anew. */
  #onNodeExit({ reason, error }: Exit): void {
    if (error === undefined) this.#escalation ??= reason;
    else this.#crash ??= { error };
    this.#endRequested.resolve();
  }

  #onEscalate(reason: string): void {
    this.#escalation ??= reason;
    this.#beginStop();
  }

  /** Batches in hand are finished; no more are asked for. */
  #beginStop(): void {
    this.#stopping = true;
    this.#stopped.abort();
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
