/**
 * The leases of a node: rounds that renew what is held, acquire what is free up to the fair share, let processors join, and
 * revoke what is to be handed over. Each processor that a lease hosts and that somebody subscribed to is given out, unless it is
 * paused: then it is recalled, while the lease that hosts it goes on.
 * @module
 */
import { BackendUnavailable } from "../errors.ts";
import type { Clock } from "../primitives/clock.ts";
import { type AvailabilityListener, retryDelayMs } from "../primitives/retry.ts";
import type { PauseListener } from "../pauses.ts";
import { type Join, planLeases, textOf } from "./lease_plan.ts";
import { type Hosting, Lease } from "./lease.ts";
import type { LeaseKey, LeaseOverview, LeaseStore } from "./lease_store.ts";
import { watchSilence } from "./silence_watch.ts";

interface LeaseManagerOptions {
  /** Between two rounds, in milliseconds. Infinity: only when checked for another reason, as by a stopped process. */
  readonly renewMs: number;
  readonly clock: Clock;
  /** Called when a round found the store unavailable, and available again: while all is idle nothing else asks it. */
  readonly onAvailabilityChange: AvailabilityListener;
  readonly onPauseChange?: PauseListener | undefined;
}

export class LeaseManager {
  readonly #held = new Map<string, Lease>();
  readonly #subscribers = new Map<string, (hosting: Hosting) => void>();
  /** Every processor that was ever subscribed: while this node lives, nobody else leases them alone where it has the partition. */
  readonly #processors = new Set<string>();
  /** As of the last round: processors of any node, and whether this node is drained. */
  #paused: ReadonlySet<string> = new Set();
  /** Those that were said to be paused: one may subscribe after the pause was first seen. */
  readonly #saidPaused = new Set<string>();
  #isDrained = false;
  readonly #closed = new AbortController();
  readonly #store: LeaseStore;
  readonly #options: LeaseManagerOptions;
  #nextRound = new AbortController();
  #running: Promise<void> | undefined;
  #isUnavailable = false;

  constructor(store: LeaseStore, options: LeaseManagerOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** From now on this processor is hosted under the leases of this node, and each of its partitions handed to the subscriber. */
  subscribe(processor: string, onHosted: (hosting: Hosting) => void): void {
    this.#subscribers.set(processor, onHosted);
    this.#processors.add(processor);
    this.checkNow();
    this.#running ??= this.#run();
  }

  /** No more of this processor. What was handed out lives on until it is closed. */
  unsubscribe(processor: string): void {
    this.#subscribers.delete(processor);
  }

  /** Begins the next round at once. */
  checkNow(): void {
    this.#nextRound.abort("now");
  }

  /** The last of a lease that is closed gives it back, unless it is paused. When the store is unavailable it expires there. */
  async close(hosting: Hosting): Promise<void> {
    const { lease, processor } = hosting;
    if (lease.open.get(processor) !== hosting) return;
    lease.open.delete(processor);
    hosting.revocation.abort("closed");
    if (lease.open.size === 0 && !this.#paused.has(processor)) return await this.#release(lease);
    if (!this.#isHeld(lease)) return;
    lease.clearing = Promise.all([lease.clearing, this.#store.clearMark(lease, processor).catch(() => {})]);
    await lease.clearing;
  }

  /** Releases everything that is held. */
  async leave(): Promise<void> {
    this.#closed.abort();
    await this.#running;
    await Promise.all([...this.#held.values()].map((lease) => this.#release(lease)));
    await this.#store.leave().catch(() => {});
  }

  async #release(lease: Lease): Promise<void> {
    lease.revoke();
    if (!this.#isHeld(lease)) return;
    this.#held.delete(textOf(lease.key));
    // A store that waits for no row would leave out one whose mark is being cleared.
    await lease.clearing;
    await this.#store.release(lease, [...lease.hosts]).catch(() => {});
  }

  #isHeld(lease: Lease): boolean {
    return this.#held.get(textOf(lease.key)) === lease;
  }

  async #run(): Promise<void> {
    const { clock, renewMs } = this.#options;
    for (let failures = 0; !this.#closed.signal.aborted;) {
      this.#nextRound = new AbortController();
      try {
        await this.#watchedRound();
        failures = 0;
        this.#onAvailabilityChange(undefined);
      } catch (error) {
        failures++;
        if (error instanceof BackendUnavailable) this.#onAvailabilityChange(error);
      }
      const waitMs = failures > 0 ? retryDelayMs(failures) : renewMs;
      await clock.wait(waitMs, AbortSignal.any([this.#closed.signal, this.#nextRound.signal]));
    }
  }

  #onAvailabilityChange(error: BackendUnavailable | undefined): void {
    if (error === undefined && !this.#isUnavailable) return;
    this.#isUnavailable = error !== undefined;
    this.#options.onAvailabilityChange(error);
  }

  /** A round is the question that an idle node asks again and again: by it is noticed that a store gives no answer. */
  async #watchedRound(): Promise<void> {
    const { liveness } = this.#store;
    const answered = new AbortController();
    if (liveness !== undefined) {
      void watchSilence(liveness, this.#options.clock, answered.signal, {
        onSilent: (error) => this.#onAvailabilityChange(error),
        onAnswersElsewhere: () => {
          this.checkNow();
          liveness.dropConnections();
        },
      });
    }
    try {
      await this.#round();
    } finally {
      answered.abort("answered");
    }
  }

  async #round(): Promise<void> {
    await this.#renew();
    const processors = [...this.#subscribers.keys()];
    const held = [...this.#held.values()];
    const overview = await this.#store.overview();
    this.#observePauses(overview);
    const plan = planLeases(overview, this.#store.node, processors, held);
    await this.#acquire(plan.acquire, processors);
    await this.#join(plan.join);
    for (const lease of plan.handOver) lease.revoke();
    for (const lease of [...this.#held.values()]) {
      for (const processor of lease.hosts) if (this.#paused.has(processor)) lease.recall(processor);
      this.#giveOut(lease);
    }
  }

  #observePauses({ paused, drained }: LeaseOverview): void {
    const wasDrained = this.#isDrained;
    this.#paused = new Set(paused);
    this.#isDrained = drained.includes(this.#store.node);
    const { onPauseChange } = this.#options;
    for (const name of this.#subscribers.keys()) {
      const isPaused = this.#paused.has(name);
      if (isPaused === this.#saidPaused.has(name)) continue;
      if (isPaused) this.#saidPaused.add(name);
      else this.#saidPaused.delete(name);
      onPauseChange?.({ kind: "processor", name, isPaused });
    }
    if (this.#isDrained === wasDrained) return;
    onPauseChange?.({ kind: "node", name: this.#store.node, isPaused: this.#isDrained });
  }

  async #renew(): Promise<void> {
    const before = [...this.#held.values()];
    const renewed = new Map(
      (await this.#store.renew([...this.#processors], before)).map(({ key, epoch }) => [textOf(key), epoch]),
    );
    for (const lease of before) {
      if (renewed.get(textOf(lease.key)) === lease.epoch || !this.#isHeld(lease)) continue;
      this.#held.delete(textOf(lease.key));
      lease.revoke();
    }
  }

  async #acquire(keys: readonly LeaseKey[], processors: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    for (const acquired of await this.#store.acquire(keys, processors)) {
      this.#held.set(textOf(acquired.key), new Lease(acquired));
    }
  }

  async #join(joins: readonly Join<Lease>[]): Promise<void> {
    if (joins.length === 0) return;
    const [leases, processors] = [joins.map(({ lease }) => lease), joins.map(({ processor }) => processor)];
    for (const { key, hosted } of await this.#store.join(leases, processors)) {
      this.#held.get(textOf(key))?.host(hosted);
    }
  }

  /** Also who was closed and is subscribed again is given out, under the same epoch: what it left unsettled is read again. */
  #giveOut(lease: Lease): void {
    const waiting = lease.isRevoked
      ? []
      : [...lease.hosts].filter((processor) =>
        !lease.open.has(processor) && this.#subscribers.has(processor) && !this.#paused.has(processor)
      );
    for (const processor of waiting) this.#subscribers.get(processor)!(lease.giveOut(processor));
    // A lease that hosts nothing yet is kept: who has leased its processors alone gives them back to its holder.
    const isUseless = lease.isRevoked || this.#subscribers.size === 0;
    if (isUseless && lease.open.size === 0) void this.#release(lease);
  }
}
