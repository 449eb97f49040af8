/**
 * Leases: which partitions of which processors this node reads. A lease is a key of a KV bucket that vanishes when it is
 * not renewed. It keeps two nodes from doing the same work; that neither can do harm is the matter of the fence.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { leaseBucket, token } from "../../../schema/nats.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { readAllOf, type StreamMessage } from "../stream/direct_get.ts";
import { Conflict } from "../connection/errors.ts";
import type { ServerClock } from "../stream/server_clock.ts";

/** One lease that was won. */
export interface Lease {
  readonly processor: string;
  readonly partition: number;
  /** Aborts when the lease was lost or is to be handed over; then nothing more is read. */
  readonly ended: AbortController;
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
  /** The subject on which nodes tell each other that a lease is free. */
  readonly bell: string;
  /** Makes the bucket where it is gone: it is in the memory of the server, and a server that stands alone forgets it. */
  restore(): Promise<unknown>;
}

interface Key {
  readonly partition: number;
  readonly node: string;
  readonly at: number;
  readonly leaseMs: number;
}

/** Somewhat later than a lease is said to end, it has ended. */
const MARGIN_MS = 30;

export class LeaseKeeper {
  readonly #held = new Map<string, Lease>();
  readonly #wanted = new Map<string, (lease: Lease) => void>();
  /** Processors for which this node is counted. */
  readonly #announced = new Set<string>();
  readonly #ended = new AbortController();
  readonly #options: LeaseOptions;
  #soon = new AbortController();
  #renewedAt = performance.now();
  #keeping: Promise<void> | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  get restore(): LeaseOptions["restore"] {
    return this.#options.restore;
  }

  /** From now on leases of this processor are taken and handed to `won`. */
  want(processor: string, won: (lease: Lease) => void): void {
    this.#wanted.set(processor, won);
    this.hurry();
    this.#keeping ??= this.#keep();
  }

  /** No more leases of this processor. Those held live on until they are released. */
  unwant(processor: string): void {
    this.#wanted.delete(processor);
  }

  /** True for what this node has the lease of. */
  holds(processor: string, partition: number): boolean {
    return this.#held.has(keyOf({ processor, partition }));
  }

  /** True for one of the nodes that host the same processors: it does what only one need do. */
  get leads(): boolean {
    const [first] = this.#wanted.keys();
    return first !== undefined && this.holds(first, 0);
  }

  /** Looks at once. */
  hurry(): void {
    this.#soon.abort();
  }

  /** Gives one back. When the server is away it simply expires there. */
  async release(lease: Lease): Promise<void> {
    lease.ended.abort();
    if (this.#held.get(keyOf(lease)) !== lease) return;
    this.#held.delete(keyOf(lease));
    const { client, bell, node } = this.#options;
    try {
      await this.#put(`lease.${keyOf(lease)}`, "", lease.at);
      client.publish(bell, `leases ${token(node)}`);
    } catch {
      // It has expired, or will.
    }
  }

  async #keep(): Promise<void> {
    for (let failures = 0; !this.#ended.signal.aborted;) {
      this.#soon = new AbortController();
      let wait: number;
      try {
        wait = await this.#round();
        failures = 0;
      } catch {
        await this.#options.restore().catch(() => {});
        wait = retryDelayMs(failures++);
      }
      await delayOrAbort(wait, AbortSignal.any([this.#ended.signal, this.#soon.signal]));
    }
  }

  /** Renews, takes and gives up; returns when to look again. */
  async #round(): Promise<number> {
    await this.#options.clock.measure();
    // Whoever is woken early, to take what became free, need not renew.
    if (performance.now() - this.#renewedAt > this.#options.renewMs / 2) {
      await Promise.all([...this.#held.values()].map((lease) => this.#renew(lease)));
      this.#renewedAt = performance.now();
    }
    // At once: whoever takes over from a node that is gone has many to take.
    const waits = await Promise.all([...this.#wanted.keys()].map((processor) => this.#take(processor)));
    return Math.min(this.#options.renewMs, ...waits);
  }

  async #renew(lease: Lease): Promise<void> {
    const key = `lease.${keyOf(lease)}`;
    try {
      lease.at = await this.#put(key, this.#options.node, lease.at);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      if (error.actual === 0 && await this.#again(lease, key)) return;
      this.#held.delete(keyOf(lease));
      lease.ended.abort();
    }
  }

  /** A lease that ran out is ours again if nobody took it; if somebody did and gave it back, the fence knows. */
  async #again(lease: Lease, key: string): Promise<boolean> {
    try {
      lease.at = await this.#put(key, this.#options.node, 0);
      return true;
    } catch {
      return false;
    }
  }

  async #take(processor: string): Promise<number> {
    const { partitions, node, renewMs } = this.#options;
    const name = token(processor);
    this.#announced.add(processor);
    await this.#put(`node.${name}.${token(node)}`, node);
    const found = await this.#read(name);
    const nodes = new Set([node, ...found.nodes.map((other) => other.node)]);
    const share = Math.ceil(partitions / nodes.size);
    const taken = new Map(found.leases.map((key) => [key.partition, key]));
    await this.#takeFree(processor, share, taken, found.lasts);
    this.#giveUp(processor, share);
    // Its leases are free once a node is not counted any more: both run out, one shortly after the other.
    const foreign = [...found.leases, ...found.nodes].filter((key) => key.node !== node)
      .map((key) => key.leaseMs + MARGIN_MS);
    return Math.max(MARGIN_MS, Math.min(renewMs, ...foreign));
  }

  async #takeFree(
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
    const wanted = free.slice(0, Math.max(0, share - this.#heldOf(processor).length));
    await Promise.all(wanted.map((partition) => this.#win(processor, partition, lasts.get(partition) ?? 0)));
  }

  async #win(processor: string, partition: number, expected: number): Promise<boolean> {
    try {
      const at = await this.#put(`lease.${keyOf({ processor, partition })}`, this.#options.node, expected);
      const lease: Lease = { processor, partition, ended: new AbortController(), at };
      this.#held.set(keyOf(lease), lease);
      const won = this.#wanted.get(processor);
      if (won === undefined) await this.release(lease);
      else won(lease);
      return true;
    } catch (error) {
      if (error instanceof Conflict) return false;
      throw error;
    }
  }

  /** Above its share a node hands leases over: reading stops now, and the lease is released once the last batch is settled. */
  #giveUp(processor: string, share: number): void {
    const mine = this.#heldOf(processor).filter(({ ended }) => !ended.signal.aborted);
    for (const lease of mine.sort((a, b) => a.partition - b.partition).slice(share)) lease.ended.abort();
  }

  #heldOf(processor: string): Lease[] {
    return [...this.#held.values()].filter((lease) => lease.processor === processor);
  }

  /** Leases and nodes of a processor, as they stand. */
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

  /** Writes a key; the empty text deletes it. With an expectation only over the message at that position. */
  async #put(key: string, value: string, expected?: number): Promise<number> {
    const { client, stream } = this.#options;
    const set = headers();
    if (expected !== undefined) set.set("Nats-Expected-Last-Subject-Sequence", String(expected));
    if (value === "") set.set("KV-Operation", "DEL");
    const msg = await client.request(`$KV.${leaseBucket(stream)}.${key}`, value, set);
    return parseAnswer<{ seq: number }>(msg).seq;
  }

  /** Takes no more, and is no longer counted when shares are. */
  async leave(): Promise<void> {
    this.#ended.abort();
    await this.#keeping;
    const name = token(this.#options.node);
    const left = [...this.#announced].map((processor) => this.#put(`node.${token(processor)}.${name}`, ""));
    await Promise.allSettled(left);
  }

  /** Gives back what is still held. */
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
