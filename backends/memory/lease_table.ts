/** Leases: who may settle which partition of a processor, under which epoch, and for how long. @module */
import type { AcquiredLease, HeldLease, LeaseStore } from "../mailbox/lease_store.ts";
import type { CrashedOwner, InFlightMark } from "../mailbox/mailbox.ts";
import type { Clock } from "../primitives/clock.ts";
import type { ParkedCase } from "../settlement/parked_case.ts";

/** How one processor stands in one partition. */
export interface Subscription {
  readonly processor: string;
  readonly partition: number;
  takes: ReadonlySet<string>;
  checkpoint: number;
  settledAt: number | null;
  owner: string | null;
  /** Grows with every acquisition. What was acquired under it may settle until it grows, also after it has expired. */
  epoch: number;
  leaseUntil: number;
  /** What was begun and not settled. */
  inFlight: InFlightMark | null;
  readonly parked: Map<string, ParkedCase>;
}

/** A node that is notified of changes that others make. */
interface LeaseListener {
  readonly node: string;
  notify(): void;
}

/** The leases of a store, for all processors, and the nodes that share them. */
export class LeaseTable {
  readonly listeners = new Set<LeaseListener>();
  /** When each node was last seen. */
  readonly nodes = new Map<string, number>();
  readonly #subscriptions = new Map<string, Subscription[]>();

  constructor(readonly partitions: number) {}

  all(): Subscription[] {
    return [...this.#subscriptions.values()].flat();
  }

  of(processor: string): Subscription[] {
    const known = this.#subscriptions.get(processor);
    if (known !== undefined) return known;
    const fresh = Array.from(
      { length: this.partitions },
      (_, partition) => subscription(processor, partition),
    );
    this.#subscriptions.set(processor, fresh);
    return fresh;
  }

  /** A node has come, or a lease was released by it: there may be something to acquire, or to hand over. */
  notifyOthers(node: string): void {
    for (const listener of [...this.listeners]) if (listener.node !== node) listener.notify();
  }

  /** Before any of its mailboxes is given out it is known what a processor takes: by that is counted what waits. */
  registerProcessor(processor: string, takes: readonly string[]): void {
    for (const each of this.of(processor)) each.takes = new Set(takes);
  }
}

/** The leases of one node of a memory store. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #table: LeaseTable;
  readonly #clock: Clock;
  readonly #node: string;
  readonly #leaseMs: number;

  constructor(table: LeaseTable, clock: Clock, node: string, leaseMs: number) {
    this.#table = table;
    this.#clock = clock;
    this.#node = node;
    this.#leaseMs = leaseMs;
  }

  renew(held: readonly HeldLease[]): Promise<readonly HeldLease[]> {
    this.#announce();
    const renewed = held.filter((lease) => this.#isOurs(lease));
    for (const lease of renewed) this.#subscriptionOf(lease).leaseUntil = this.#clock.now() + this.#leaseMs;
    return Promise.resolve(renewed);
  }

  acquire(scope: string, held: readonly HeldLease[]) {
    const share = Math.ceil(this.#table.partitions / this.#nodesAlive());
    const own = new Set(held.map(({ key }) => key.partition));
    const free = this.#table.of(scope).filter((each) => !own.has(each.partition) && this.#isFree(each));
    const chosen = free.sort((a, b) => Number(b.owner === this.#node) - Number(a.owner === this.#node))
      .slice(0, Math.max(0, share - held.length));
    return Promise.resolve({ leases: chosen.map((each) => this.#take(each)), share });
  }

  release(lease: HeldLease): Promise<void> {
    if (this.#isOurs(lease)) {
      Object.assign(this.#subscriptionOf(lease), { owner: null, leaseUntil: 0, inFlight: null });
      this.#table.notifyOthers(this.#node);
    }
    return Promise.resolve();
  }

  leave(): Promise<void> {
    this.#table.nodes.delete(this.#node);
    return Promise.resolve();
  }

  #announce(): void {
    const isNew = !this.#isAlive(this.#table.nodes.get(this.#node) ?? -Infinity);
    this.#table.nodes.set(this.#node, this.#clock.now());
    if (isNew) this.#table.notifyOthers(this.#node);
  }

  #nodesAlive(): number {
    return Math.max(1, [...this.#table.nodes.values()].filter((seenAt) => this.#isAlive(seenAt)).length);
  }

  #isAlive(seenAt: number): boolean {
    return seenAt > this.#clock.now() - this.#leaseMs;
  }

  /** What this node had in an earlier life it takes up at once. */
  #isFree({ owner, leaseUntil }: Subscription): boolean {
    return owner === null || owner === this.#node || leaseUntil <= this.#clock.now();
  }

  #take(free: Subscription): AcquiredLease {
    const { processor: scope, partition, owner, inFlight } = free;
    const crashedOwner: CrashedOwner | undefined = owner === null
      ? undefined
      : inFlight === null
      ? {}
      : { inFlight };
    free.owner = this.#node;
    free.epoch += 1;
    free.leaseUntil = this.#clock.now() + this.#leaseMs;
    return { key: { scope, partition }, epoch: free.epoch, crashedOwner };
  }

  #isOurs(lease: HeldLease): boolean {
    const { owner, epoch } = this.#subscriptionOf(lease);
    return owner === this.#node && epoch === lease.epoch;
  }

  #subscriptionOf({ key: { scope, partition } }: HeldLease): Subscription {
    return this.#table.of(scope)[partition]!;
  }
}

function subscription(processor: string, partition: number): Subscription {
  return {
    processor,
    partition,
    takes: new Set(),
    checkpoint: 0,
    settledAt: null,
    owner: null,
    epoch: 0,
    leaseUntil: 0,
    inFlight: null,
    parked: new Map(),
  };
}
