/** Leases: who may settle which partition of a processor, under which epoch, and for how long. @module */
import type { CrashedOwner, InFlightMark, ProcessorSpec } from "../mailbox/mailbox.ts";
import { BroadcastSignal, earliest } from "./clock.ts";
import type { ParkedCase } from "../settlement/parked_case.ts";

/** How one processor stands in one partition. */
export interface Subscription {
  readonly processor: string;
  readonly partition: number;
  takes: ReadonlySet<string>;
  checkpoint: number;
  settledAt: number | null;
  owner: string | null;
  epoch: number;
  leaseUntil: number;
  /** What was begun and not settled. */
  inFlight: InFlightMark | null;
  /** What the owner before left behind. */
  crashedOwner: CrashedOwner | undefined;
  /** The owner was asked to give it up and does not count it as its own any more. */
  isRebalancing: boolean;
  readonly parked: Map<string, ParkedCase>;
}

/** Who holds and who asks for leases of one processor, at one moment. */
interface Demand {
  readonly total: number;
  /** Leases that run, by owner. */
  readonly held: ReadonlyMap<string, number>;
  /** Owners that ask for another lease now. */
  readonly asking: ReadonlySet<string>;
}

/** The most an owner keeps when others want leases too. */
function fairShare({ total, held, asking }: Demand): number {
  return Math.ceil(total / Math.max(1, new Set([...held.keys(), ...asking]).size));
}

/** True when another owner asks that has less than its share. */
function hasWaitingOthers(demand: Demand, owner: string): boolean {
  const share = fairShare(demand);
  return [...demand.asking].some((other) => other !== owner && (demand.held.get(other) ?? 0) < share);
}

/** True when an owner may take one more. */
function mayTake(demand: Demand, owner: string): boolean {
  return (demand.held.get(owner) ?? 0) < fairShare(demand) || !hasWaitingOthers(demand, owner);
}

/** True when an owner should give one up. */
export function shouldRelease(demand: Demand, owner: string): boolean {
  return (demand.held.get(owner) ?? 0) > fairShare(demand) && hasWaitingOthers(demand, owner);
}

/** The leases of a store, for all processors. Time is passed in: it is the store's, never a node's. */
export class LeaseTable {
  /** Rings when a lease moved, or somebody began to ask. */
  readonly moved = new BroadcastSignal();
  #subscriptions = new Map<string, Subscription[]>();
  #asking = new Map<string, Map<string, number>>();

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

  /** Wins a free or expired lease under a new epoch, if there is one and the owner's share allows it. */
  acquire(spec: ProcessorSpec, owner: string, now: number, leaseMs: number): Subscription | undefined {
    const free = this.of(spec.name).find((each) => each.owner === null || each.leaseUntil <= now);
    if (free === undefined || !mayTake(this.demand(spec.name, now), owner)) return undefined;
    free.crashedOwner = free.owner === null
      ? undefined
      : free.inFlight === null
      ? {}
      : { inFlight: free.inFlight };
    free.owner = owner;
    free.epoch += 1;
    free.leaseUntil = now + leaseMs;
    free.isRebalancing = false;
    free.takes = new Set(spec.takes);
    this.moved.notifyAll();
    return free;
  }

  /** Lengthens a lease; false when it has moved. */
  renew(held: Subscription, epoch: number, until: number): boolean {
    if (!holds(held, epoch) || held.owner === null) return false;
    held.leaseUntil = until;
    return true;
  }

  release(held: Subscription, epoch: number): void {
    if (!holds(held, epoch)) return;
    held.owner = null;
    held.leaseUntil = 0;
    held.inFlight = null;
    this.moved.notifyAll();
  }

  /** Makes it known that an owner wants a lease, until a time by which it must say so again. */
  ask(processor: string, owner: string, until: number): void {
    const asking = this.#asking.get(processor) ?? new Map<string, number>();
    const isNew = !asking.has(owner);
    this.#asking.set(processor, asking.set(owner, until));
    if (isNew) this.moved.notifyAll();
  }

  stopAsking(processor: string, owner: string): void {
    this.#asking.get(processor)?.delete(owner);
  }

  demand(processor: string, now: number): Demand {
    const held = new Map<string, number>();
    for (const { owner, leaseUntil, isRebalancing } of this.of(processor)) {
      if (owner !== null && leaseUntil > now && !isRebalancing) held.set(owner, (held.get(owner) ?? 0) + 1);
    }
    const asking = [...this.#asking.get(processor) ?? []].filter(([, until]) => until > now);
    return { total: this.partitions, held, asking: new Set(asking.map(([owner]) => owner)) };
  }

  /** When the next lease that runs will have expired; Infinity when none runs. */
  nextExpiry(processor: string, now: number): number {
    const running = this.of(processor).filter((each) => each.owner !== null && each.leaseUntil > now);
    return earliest(running.map((each) => each.leaseUntil));
  }
}

/** True while nobody won the lease after this epoch. Whether it has run out or was given back does not matter. */
export function holds(held: Subscription, epoch: number): boolean {
  return held.epoch === epoch;
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
    isRebalancing: false,
    inFlight: null,
    crashedOwner: undefined,
    parked: new Map(),
  };
}
