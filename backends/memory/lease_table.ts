/** What a memory store keeps of leases: who may settle what, under which epoch, and for how long. @module */
import { type LeaseKey, WHOLE_PARTITION } from "../mailbox/lease_store.ts";
import { type Beginning, beginningOf } from "../beginning.ts";
import type { InFlightMark, ProcessorSpec } from "../mailbox/mailbox.ts";
import type { Pause } from "../pauses.ts";
import type { ParkedCase } from "../settlement/parked_case.ts";

/** The lease of a partition as a whole. */
export interface PartitionLease {
  readonly partition: number;
  owner: string | null;
  epoch: number;
  leaseUntil: number;
}

/** How one processor stands in one partition. */
export interface Subscription {
  readonly processor: string;
  readonly partition: number;
  takes: ReadonlySet<string>;
  checkpoint: number;
  settledAt: number | null;
  /** Who has it, or had it and did not give it back. */
  owner: string | null;
  /** Grows with every acquisition. What was acquired under it may settle until it grows, also after it has expired. */
  epoch: number;
  /** Until when it is leased alone; null under the lease of its partition, whose epoch it then has. */
  leaseUntil: number | null;
  /** What was begun and not settled. */
  inFlight: InFlightMark | null;
  readonly parked: Map<string, ParkedCase>;
  /** Up to here it had done all before it was rewound; 0: it never was. */
  redeliversTo: number;
  /** Outputs that came out otherwise since then. */
  differences: number;
}

/** A node that is notified of changes that others make. */
interface LeaseListener {
  readonly node: string;
  notify(): void;
}

/** When a node was last seen, and the processors that it has. */
interface SeenNode {
  readonly seenAt: number;
  readonly processors: readonly string[];
}

/** The leases of a store, for all processors, and the nodes that share them. */
export class LeaseTable {
  readonly listeners = new Set<LeaseListener>();
  readonly nodes = new Map<string, SeenNode>();
  /** By `pauseKey`. */
  readonly pauses = new Map<string, Pause>();
  readonly whole: readonly PartitionLease[];
  readonly #subscriptions = new Map<string, Subscription[]>();

  constructor(readonly partitions: number) {
    this.whole = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      owner: null,
      epoch: 0,
      leaseUntil: 0,
    }));
  }

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

  /** What is leased: a partition, or a processor alone. */
  leased({ partition, scope }: LeaseKey): PartitionLease | Subscription {
    return scope === WHOLE_PARTITION ? this.whole[partition]! : this.of(scope)[partition]!;
  }

  /** True for what runs under the lease of its partition, also when that has run out. */
  isHosted({ partition, epoch, leaseUntil }: Subscription): boolean {
    return leaseUntil === null && epoch > 0 && epoch === this.whole[partition]!.epoch;
  }

  /** The lease under which a processor runs, or ran last. */
  leaseOf(subscription: Subscription): PartitionLease | Subscription {
    return this.isHosted(subscription) ? this.whole[subscription.partition]! : subscription;
  }

  notifyAll(): void {
    for (const listener of [...this.listeners]) listener.notify();
  }

  /** A node has come, or a lease was released by it: there may be something to acquire, or to hand over. */
  notifyOthers(node: string): void {
    for (const listener of [...this.listeners]) if (listener.node !== node) listener.notify();
  }

  /** All of one program at once: see `MailboxSource.register`. `last`: the last position of a partition before a beginning. */
  register(
    processors: readonly ProcessorSpec[],
    last: (partition: number, beginning: Beginning) => number,
  ): void {
    const beginnings = processors.map(beginningOf);
    const hasWorked = this.all().some(({ checkpoint }) => checkpoint > 0);
    processors.forEach(({ name, takes }, i) => {
      const isNew = !this.#subscriptions.has(name);
      this.registerProcessor(name, takes);
      if (!isNew || !hasWorked) return;
      for (const each of this.of(name)) each.checkpoint = last(each.partition, beginnings[i]!);
    });
  }

  /** Before any of its mailboxes is given out it is known what a processor takes: by that is counted what waits. */
  registerProcessor(processor: string, takes: readonly string[]): void {
    for (const each of this.of(processor)) each.takes = new Set(takes);
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
    leaseUntil: null,
    inFlight: null,
    parked: new Map(),
    redeliversTo: 0,
    differences: 0,
  };
}
