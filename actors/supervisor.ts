/** The supervisor: starts the workers, gives every mailbox that is won an actor, and stops them in order. @module */
import { type Backend, BackendAway } from "../backends/backend.ts";
import { untilAnswered } from "../backends/patience.ts";
import type { Observer } from "./observer.ts";
import type { AnyProcessor } from "./processor.ts";
import { tend, type TendParts } from "./tend.ts";
import type { RetryPolicy } from "./verdict.ts";
import { type PoolSettings, WorkerPool } from "./worker_pool.ts";

export interface SupervisorOptions extends PoolSettings {
  readonly policy: RetryPolicy;
}

/** A timer that is asked for more than this goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How a supervisor ended: because it was asked to, or because it gave up and its process should begin anew. */
export type Ending = { readonly kind: "stopped" } | { readonly kind: "escalated"; readonly reason: string };

export class Supervisor {
  readonly #backend: Backend;
  readonly #processors: readonly AnyProcessor[];
  readonly #observer: Observer;
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  #pool: WorkerPool | undefined;
  #feeds: Promise<void>[] = [];
  #actors = new Set<Promise<void>>();
  #ended: Promise<void> | undefined;
  #escalation: string | undefined;
  #crash: { error: unknown } | undefined;
  #end!: () => void;
  readonly #wantsToEnd = new Promise<void>((resolve) => this.#end = resolve);

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
    if (this.#stopping.signal.aborted) return;
    this.#pool = new WorkerPool(this.#options, this.#observer, (reason) => this.#escalate(reason));
    this.#feeds = this.#processors.map((processor) => this.#take(processor));
    await this.#pool.ready();
  }

  /** Heap of each worker in bytes, as last reported. */
  get heapBytes(): number[] {
    return this.#pool?.heapBytes ?? [];
  }

  async #take(processor: AnyProcessor): Promise<void> {
    const { signal } = this.#stopping;
    const parts: TendParts = {
      pool: this.#pool!,
      observer: this.#observer,
      policy: this.#options.policy,
      now: () => new Date(),
      random: Math.random,
    };
    const take = async () => {
      for await (const mailbox of this.#backend.mailboxes(processor, signal)) {
        this.#watch(tend(mailbox, parts, signal));
      }
    };
    try {
      await untilAnswered(take, signal);
    } catch (error) {
      if (!(error instanceof BackendAway)) this.#crashed(error);
    }
  }

  #watch(actor: Promise<void>): void {
    const watched = actor.catch((error) => this.#crashed(error)).finally(() => this.#actors.delete(watched));
    this.#actors.add(watched);
  }

  /** An error that is nobody's outcome is a bug: the supervisor does not hide it behind restarts. */
  #crashed(error: unknown): void {
    this.#crash ??= { error };
    this.#takeNoMore();
  }

  #escalate(reason: string): void {
    this.#escalation ??= reason;
    this.#takeNoMore();
  }

  /** Batches in hand go on; no more are asked for. */
  #takeNoMore(): void {
    this.#stopping.abort();
    this.#end();
  }

  /** Resolves when the supervisor was stopped or gave up; rejects with a bug. The caller then stops it. */
  async ended(): Promise<Ending> {
    await this.#wantsToEnd;
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
    this.#takeNoMore();
    this.#ended ??= this.#drain();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.min(deadlineMs, LONGEST_TIMER_MS));
    });
    const inTime = await Promise.race([this.#ended.then(() => true), late]);
    clearTimeout(timer);
    this.#pool?.close();
    return inTime;
  }

  async #drain(): Promise<void> {
    await Promise.all(this.#feeds);
    await Promise.all(this.#actors);
  }
}
