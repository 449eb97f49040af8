/** The leases of one node of a memory store. @module */
import { nextAlone, nextEra } from "../mailbox/lease_epoch.ts";
import {
  type AcquiredLease,
  type HeldLease,
  type Hosted,
  type LeaseKey,
  type LeaseOverview,
  type LeaseStore,
  type RunningLease,
  WHOLE_PARTITION,
} from "../mailbox/lease_store.ts";
import { pausedOf } from "../pauses.ts";
import type { Clock } from "../primitives/clock.ts";
import type { LeaseTable, PartitionLease, Subscription } from "./lease_table.ts";

export class MemoryLeaseStore implements LeaseStore {
  readonly node: string;
  readonly #table: LeaseTable;
  readonly #clock: Clock;
  readonly #leaseMs: number;

  constructor(table: LeaseTable, clock: Clock, node: string, leaseMs: number) {
    this.#table = table;
    this.#clock = clock;
    this.node = node;
    this.#leaseMs = leaseMs;
  }

  renew(processors: readonly string[], held: readonly HeldLease[]): Promise<readonly HeldLease[]> {
    this.#announce(processors);
    const renewed = held.filter((lease) => this.#isOurs(lease));
    for (const { key } of renewed) this.#table.leased(key).leaseUntil = this.#leaseEnd();
    return Promise.resolve(renewed);
  }

  overview(): Promise<LeaseOverview> {
    const { partitions, whole, pauses } = this.#table;
    return Promise.resolve({
      partitions,
      nodes: this.living(),
      paused: pausedOf(pauses.values(), "processor"),
      drained: pausedOf(pauses.values(), "node"),
      running: [
        ...whole.flatMap((each) => this.#running(each, WHOLE_PARTITION)),
        ...this.#table.all().flatMap((each) => this.#running(each, each.processor)),
      ],
    });
  }

  /** The nodes that are alive. */
  living(): { readonly node: string; readonly processors: readonly string[] }[] {
    return [...this.#table.nodes].filter(([, { seenAt }]) => this.#isAlive(seenAt))
      .map(([node, { processors }]) => ({ node, processors }));
  }

  acquire(keys: readonly LeaseKey[], processors: readonly string[]): Promise<readonly AcquiredLease[]> {
    const acquired = keys.flatMap((key) => {
      if (key.scope !== WHOLE_PARTITION) return this.#takeAlone(key);
      const lease = this.#table.whole[key.partition]!;
      return this.#isFree(lease) ? [this.#takePartition(lease, processors)] : [];
    });
    return Promise.resolve(acquired);
  }

  join(held: readonly HeldLease[], processors: readonly string[]): Promise<readonly AcquiredLease[]> {
    const joined = held.map((lease, i): AcquiredLease => {
      const { key, epoch } = lease;
      const hosted = this.#isOurs(lease) ? this.#host(key.partition, [processors[i]!]) : [];
      return { key, epoch, hosted };
    });
    return Promise.resolve(joined);
  }

  clearMark({ key, epoch }: HeldLease, processor: string): Promise<void> {
    const subscription = this.#table.of(processor)[key.partition]!;
    if (subscription.epoch === epoch) subscription.inFlight = null;
    return Promise.resolve();
  }

  release(lease: HeldLease, processors: readonly string[]): Promise<void> {
    const { partition } = lease.key;
    for (const each of processors.map((processor) => this.#table.of(processor)[partition]!)) {
      if (each.epoch === lease.epoch) Object.assign(each, { owner: null, leaseUntil: null, inFlight: null });
    }
    if (this.#isOurs(lease)) Object.assign(this.#table.leased(lease.key), { owner: null, leaseUntil: 0 });
    this.#table.notifyOthers(this.node);
    return Promise.resolve();
  }

  leave(): Promise<void> {
    this.#table.nodes.delete(this.node);
    return Promise.resolve();
  }

  #announce(processors: readonly string[]): void {
    const before = this.#table.nodes.get(this.node);
    this.#table.nodes.set(this.node, { seenAt: this.#clock.now(), processors });
    const isNew = before === undefined || !this.#isAlive(before.seenAt) ||
      before.processors.length !== processors.length;
    if (isNew) this.#table.notifyOthers(this.node);
  }

  #isAlive(seenAt: number): boolean {
    return seenAt > this.#clock.now() - this.#leaseMs;
  }

  #leaseEnd(): number {
    return this.#clock.now() + this.#leaseMs;
  }

  #isRunning({ owner, leaseUntil }: PartitionLease | Subscription): boolean {
    return owner !== null && leaseUntil !== null && leaseUntil > this.#clock.now();
  }

  #running(leased: PartitionLease | Subscription, scope: string): RunningLease[] {
    const { partition, owner } = leased;
    return this.#isRunning(leased) ? [{ partition, scope, owner: owner! }] : [];
  }

  /** What this node had in an earlier life it takes up at once. */
  #isFree(leased: PartitionLease | Subscription): boolean {
    return leased.owner === this.node || !this.#isRunning(leased);
  }

  #takePartition(lease: PartitionLease, processors: readonly string[]): AcquiredLease {
    const { partition } = lease;
    const rows = this.#table.all().filter((each) => each.partition === partition);
    const epoch = nextEra(Math.max(lease.epoch, ...rows.map((each) => each.epoch)));
    Object.assign(lease, { owner: this.node, epoch, leaseUntil: this.#leaseEnd() });
    const hosted = this.#host(partition, processors);
    return { key: { partition, scope: WHOLE_PARTITION }, epoch, hosted };
  }

  /** All but those that are leased alone. */
  #host(partition: number, processors: readonly string[]): Hosted[] {
    const { epoch } = this.#table.whole[partition]!;
    return processors.map((processor) => this.#table.of(processor)[partition]!)
      .filter((each) => !this.#isRunning(each))
      .map((each) => this.#take(each, { epoch, leaseUntil: null }));
  }

  #takeAlone(key: LeaseKey): AcquiredLease[] {
    const subscription = this.#table.of(key.scope)[key.partition]!;
    const epoch = nextAlone(subscription.epoch);
    if (epoch === undefined || this.#table.isHosted(subscription) || !this.#isFree(subscription)) return [];
    const hosted = [this.#take(subscription, { epoch, leaseUntil: this.#leaseEnd() })];
    return [{ key, epoch, hosted }];
  }

  #take(subscription: Subscription, lease: Pick<Subscription, "epoch" | "leaseUntil">): Hosted {
    const { processor, owner, inFlight } = subscription;
    Object.assign(subscription, { owner: this.node, ...lease });
    const crashed = inFlight === null ? {} : { inFlight };
    return { processor, crashedOwner: owner === null ? undefined : crashed };
  }

  #isOurs({ key, epoch }: HeldLease): boolean {
    const leased = this.#table.leased(key);
    return leased.owner === this.node && leased.epoch === epoch;
  }
}
