/**
 * The leases of a node: rounds that renew what is held, acquire free leases up to the fair share, and revoke what is above
 * it so that it can be handed over.
 * @module
 */
import { BackendUnavailable } from "../errors.ts";
import type { Clock } from "../primitives/clock.ts";
import { type AvailabilityListener, retryDelayMs } from "../primitives/retry.ts";
import type { AcquiredLease, LeaseKey, LeaseStore } from "./lease_store.ts";
import { watchSilence } from "./silence_watch.ts";

/** A lease of this node. */
export interface Lease extends AcquiredLease {
  /** Aborts when the lease has moved or is to be handed over; then nothing more is read. */
  readonly revocation: AbortController;
}

interface LeaseManagerOptions {
  /** Between two rounds, in milliseconds. Infinity: only when checked for another reason, as by a stopped process. */
  readonly renewMs: number;
  readonly clock: Clock;
  /** Called when a round found the store unavailable, and available again: while all is idle nothing else asks it. */
  readonly onAvailabilityChange: AvailabilityListener;
}

export class LeaseManager {
  readonly #held = new Map<string, Lease>();
  readonly #subscribers = new Map<string, (lease: Lease) => void>();
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

  /** From now on leases of this scope are acquired and handed to the subscriber. */
  subscribe(scope: string, onAcquired: (lease: Lease) => void): void {
    this.#subscribers.set(scope, onAcquired);
    this.checkNow();
    this.#running ??= this.#run();
  }

  /** No more leases of this scope. Those held live on until they are released. */
  unsubscribe(scope: string): void {
    this.#subscribers.delete(scope);
  }

  /** Begins the next round at once. */
  checkNow(): void {
    this.#nextRound.abort("now");
  }

  /** Gives a lease back. When the store is unavailable it expires there. */
  async release(lease: Lease): Promise<void> {
    lease.revocation.abort();
    if (this.#held.get(textOf(lease.key)) !== lease) return;
    this.#held.delete(textOf(lease.key));
    await this.#store.release(lease).catch(() => {});
  }

  /** Releases everything that is held. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
    await Promise.all([...this.#held.values()].map((lease) => this.release(lease)));
    await this.#store.leave().catch(() => {});
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
    for (const scope of [...this.#subscribers.keys()]) await this.#acquire(scope);
  }

  async #renew(): Promise<void> {
    const before = [...this.#held.values()];
    const renewed = new Map(
      (await this.#store.renew(before)).map((lease) => [textOf(lease.key), lease.epoch]),
    );
    for (const lease of before) {
      const key = textOf(lease.key);
      if (renewed.get(key) === lease.epoch || this.#held.get(key) !== lease) continue;
      this.#held.delete(key);
      lease.revocation.abort();
    }
  }

  async #acquire(scope: string): Promise<void> {
    const held = this.#heldOf(scope);
    const { leases, share } = await this.#store.acquire(scope, held);
    for (const lease of leases) this.#onAcquired({ ...lease, revocation: new AbortController() });
    rebalance(held, share);
  }

  #onAcquired(lease: Lease): void {
    this.#held.set(textOf(lease.key), lease);
    const onAcquired = this.#subscribers.get(lease.key.scope);
    if (onAcquired === undefined) void this.release(lease);
    else onAcquired(lease);
  }

  #heldOf(scope: string): Lease[] {
    return [...this.#held.values()].filter(({ key }) => key.scope === scope);
  }
}

/** Above its share a node revokes leases: each is kept until its mailbox has settled its last batch and releases it. */
function rebalance(held: readonly Lease[], share: number): void {
  const active = held.filter(({ revocation }) => !revocation.signal.aborted)
    .sort((a, b) => a.key.partition - b.key.partition);
  for (const { revocation } of active.slice(share)) revocation.abort();
}

function textOf({ scope, partition }: LeaseKey): string {
  return `${scope}/${partition}`;
}
