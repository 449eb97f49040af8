/**
 * Leases: the partitions of each processor that this node reads. A lease is a key of a KV bucket that expires when it is not
 * renewed. Leases keep two nodes from doing the same work; the fence in the checkpoint keeps them from doing harm.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { leaseBucket, token } from "../../../schema/nats.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { StoreLost } from "../../errors.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { readAllOf, type StreamMessage } from "../stream/direct_get.ts";
import { Conflict } from "../connection/errors.ts";
import type { ServerClock } from "../stream/server_clock.ts";

/** A lease that this node holds. */
export interface Lease {
  readonly processor: string;
  readonly partition: number;
  /** Aborts when the lease was lost or is to be handed over; then nothing more is read. */
  readonly revoked: AbortController;
  /** The position of the key's last message. */
  at: number;
}

interface LeaseOptions {
  readonly client: NatsClient;
  readonly stream: string;
  readonly partitions: number;
  readonly node: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly clock: ServerClock;
  /** The subject on which nodes notify each other of a free lease. */
  readonly notifySubject: string;
  /** Creates the bucket again: it is in memory, so a server without replicas loses it when it restarts. */
  restore(): Promise<unknown>;
  /** Asked in every round whether the log is still the same. */
  readonly log: { check(): Promise<void> };
  onLost(error: StoreLost): void;
}

interface Key {
  readonly partition: number;
  readonly node: string;
  readonly at: number;
  readonly leaseMs: number;
}

/** A lease is taken over this long after its computed end, when it has surely expired. */
const MARGIN_MS = 30;

/** Acquires, renews and releases leases, so that each node holds its share. */
export class NatsLeaseManager {
  readonly #held = new Map<string, Lease>();
  readonly #subscriptions = new Map<string, (lease: Lease) => void>();
  /** Processors for which this node is counted. */
  readonly #announced = new Set<string>();
  readonly #ended = new AbortController();
  readonly #options: LeaseOptions;
  #nextRound = new AbortController();
  #renewedAt = performance.now();
  #rounds: Promise<void> | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  get restore(): LeaseOptions["restore"] {
    return this.#options.restore;
  }

  /** From now on leases of this processor are acquired and passed to `onAcquired`. */
  subscribe(processor: string, onAcquired: (lease: Lease) => void): void {
    this.#subscriptions.set(processor, onAcquired);
    this.checkNow();
    this.#rounds ??= this.#run();
  }

  /** Acquires no more leases of this processor. Those held stay until they are released. */
  unsubscribe(processor: string): void {
    this.#subscriptions.delete(processor);
  }

  /** True when this node has the lease. */
  holds(processor: string, partition: number): boolean {
    return this.#held.has(keyOf({ processor, partition }));
  }

  /** True for one of the nodes that host the same processors: it does the work that one node is enough for. */
  get isLeader(): boolean {
    const [first] = this.#subscriptions.keys();
    return first !== undefined && this.holds(first, 0);
  }

  /** Starts the next round at once. */
  checkNow(): void {
    this.#nextRound.abort();
  }

  /** Releases a lease. It expires by itself when the server cannot be reached. */
  async release(lease: Lease): Promise<void> {
    lease.revoked.abort();
    if (this.#held.get(keyOf(lease)) !== lease) return;
    this.#held.delete(keyOf(lease));
    const { client, notifySubject, node } = this.#options;
    try {
      await this.#put(`lease.${keyOf(lease)}`, "", lease.at);
      client.publish(notifySubject, `leases ${token(node)}`);
    } catch {
      // It has expired, or will.
    }
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#ended.signal.aborted;) {
      this.#nextRound = new AbortController();
      let wait: number;
      try {
        wait = await this.#round();
        failures = 0;
      } catch (error) {
        await this.#recover(error);
        wait = retryDelayMs(failures++);
      }
      await delayOrAbort(wait, AbortSignal.any([this.#ended.signal, this.#nextRound.signal]));
    }
  }

  async #recover(error: unknown): Promise<void> {
    const { restore, onLost } = this.#options;
    const after = error instanceof StoreLost ? error : await restore().catch((failure) => failure);
    if (!(after instanceof StoreLost)) return;
    this.#ended.abort();
    onLost(after);
  }

  /** Renews, acquires and hands over; returns the time until the next round. */
  async #round(): Promise<number> {
    await this.#options.log.check();
    await this.#options.clock.measure();
    // A round that was started early, to acquire a lease that became free, need not renew.
    if (performance.now() - this.#renewedAt > this.#options.renewMs / 2) {
      await Promise.all([...this.#held.values()].map((lease) => this.#renew(lease)));
      this.#renewedAt = performance.now();
    }
    // Concurrently: a node that takes over from one that is gone has many to acquire.
    const processors = [...this.#subscriptions.keys()];
    const waits = await Promise.all(processors.map((processor) => this.#acquireShare(processor)));
    return Math.min(this.#options.renewMs, ...waits);
  }

  async #renew(lease: Lease): Promise<void> {
    const key = `lease.${keyOf(lease)}`;
    try {
      lease.at = await this.#put(key, this.#options.node, lease.at);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      if (error.actual === 0 && await this.#reacquire(lease, key)) return;
      this.#held.delete(keyOf(lease));
      lease.revoked.abort();
    }
  }

  /** An expired lease is acquired again if no other node has it. Another node may have had it meanwhile: the fence shows it. */
  async #reacquire(lease: Lease, key: string): Promise<boolean> {
    try {
      lease.at = await this.#put(key, this.#options.node, 0);
      return true;
    } catch {
      return false;
    }
  }

  async #acquireShare(processor: string): Promise<number> {
    const { partitions, node, renewMs } = this.#options;
    const name = token(processor);
    this.#announced.add(processor);
    await this.#put(`node.${name}.${token(node)}`, node);
    const found = await this.#read(name);
    const nodes = new Set([node, ...found.nodes.map((other) => other.node)]);
    const share = Math.ceil(partitions / nodes.size);
    const taken = new Map(found.leases.map((key) => [key.partition, key]));
    await this.#acquireFree(processor, share, taken, found.lasts);
    this.#rebalance(processor, share);
    // The leases of another node become free once it is no longer counted: both expire, one shortly after the other.
    const foreign = [...found.leases, ...found.nodes].filter((key) => key.node !== node)
      .map((key) => key.leaseMs + MARGIN_MS);
    return Math.max(MARGIN_MS, Math.min(renewMs, ...foreign));
  }

  async #acquireFree(
    processor: string,
    share: number,
    taken: ReadonlyMap<number, Key>,
    lasts: ReadonlyMap<number, number>,
  ): Promise<void> {
    const isFree = (partition: number) => {
      const owner = taken.get(partition)?.node;
      return !this.#held.has(keyOf({ processor, partition })) &&
        (owner ?? this.#options.node) === this.#options.node;
    };
    const free = Array.from({ length: this.#options.partitions }, (_, partition) => partition).filter(isFree);
    const missing = free.slice(0, Math.max(0, share - this.#heldOf(processor).length));
    await Promise.all(
      missing.map((partition) => this.#acquire(processor, partition, lasts.get(partition) ?? 0)),
    );
  }

  async #acquire(processor: string, partition: number, expected: number): Promise<void> {
    try {
      const at = await this.#put(`lease.${keyOf({ processor, partition })}`, this.#options.node, expected);
      const lease: Lease = { processor, partition, revoked: new AbortController(), at };
      this.#held.set(keyOf(lease), lease);
      const onAcquired = this.#subscriptions.get(processor);
      if (onAcquired === undefined) await this.release(lease);
      else onAcquired(lease);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }

  /** Hands over leases above the share: reading stops now, and a lease is released once its last batch is settled. */
  #rebalance(processor: string, share: number): void {
    const mine = this.#heldOf(processor).filter(({ revoked }) => !revoked.signal.aborted);
    for (const lease of mine.sort((a, b) => a.partition - b.partition).slice(share)) lease.revoked.abort();
  }

  #heldOf(processor: string): Lease[] {
    return [...this.#held.values()].filter((lease) => lease.processor === processor);
  }

  /** The current leases and nodes of a processor. */
  async #read(processor: string) {
    const { client, stream, clock, leaseMs } = this.#options;
    const bucket = leaseBucket(stream);
    const [leases, nodes] = await Promise.all(
      ["lease", "node"].map((kind) =>
        readAllOf(client, `KV_${bucket}`, `$KV.${bucket}.${kind}.${processor}.*`)
      ),
    );
    const fresh = ({ recordedAt, deleted }: StreamMessage) => !deleted && clock.now() - recordedAt < leaseMs;
    const leftOf = (found: StreamMessage) => keyFrom(found, leaseMs - (clock.now() - found.recordedAt));
    return {
      leases: leases!.filter(fresh).map(leftOf),
      lasts: new Map(leases!.map((found) => [keyFrom(found, 0).partition, found.position])),
      nodes: nodes!.filter(fresh).map(leftOf),
    };
  }

  /** Writes a key; the empty text deletes it. With `expected`, only over the message at that position. */
  async #put(key: string, value: string, expected?: number): Promise<number> {
    const { client, stream } = this.#options;
    const set = headers();
    if (expected !== undefined) set.set("Nats-Expected-Last-Subject-Sequence", String(expected));
    if (value === "") set.set("KV-Operation", "DEL");
    const msg = await client.request(`$KV.${leaseBucket(stream)}.${key}`, value, set);
    return parseAnswer<{ seq: number }>(msg).seq;
  }

  /** Acquires no more leases, and is no longer counted when shares are computed. */
  async leave(): Promise<void> {
    this.#ended.abort();
    await this.#rounds;
    const name = token(this.#options.node);
    const left = [...this.#announced].map((processor) => this.#put(`node.${token(processor)}.${name}`, ""));
    await Promise.allSettled(left);
  }

  /** Releases what is still held. */
  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map((lease) => this.release(lease)));
  }
}

function keyFrom({ subject, payload, position }: StreamMessage, leaseMs: number): Key {
  return {
    partition: Number(subject.slice(subject.lastIndexOf(".") + 1)),
    node: payload,
    at: position,
    leaseMs,
  };
}

function keyOf({ processor, partition }: { processor: string; partition: number }): string {
  return `${token(processor)}.${partition}`;
}
