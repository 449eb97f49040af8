/**
 * The leases of one node: who is alive is in a bucket, who runs what is in the log. A partition is held once its key is written
 * and the takeover is in its log, and until either says that another node has it.
 * @module
 */
import { epochOfEra } from "../../../mailbox/lease_epoch.ts";
import { textOf } from "../../../mailbox/lease_plan.ts";
import {
  type AcquiredLease,
  type HeldLease,
  type LeaseKey,
  type LeaseOverview,
  type LeaseStore,
  WHOLE_PARTITION,
} from "../../../mailbox/lease_store.ts";
import { BackendUnavailable } from "../../../errors.ts";
import { pausedOf } from "../../../pauses.ts";
import { Conflict } from "../../connection/errors.ts";
import { markContribution } from "../mailbox/settle_contribution.ts";
import { readPauses } from "../reads/pauses.ts";
import type { HostedProcessor } from "./hosting.ts";
import { aloneContribution, giveBackContribution, joinContribution } from "./hosting_contributions.ts";
import { type BucketContent, type LeaseBucket, leaseKeyText } from "./lease_bucket.ts";
import type { Partitions } from "./partitions.ts";

interface RecordLeaseOptions {
  readonly node: string;
  readonly bucket: LeaseBucket;
  readonly partitions: Partitions;
  /** Before each renewal: looks whether the log is still the same one. */
  check(): Promise<void>;
  /** Makes the bucket again: it is in memory, so a server without replicas loses it when it restarts. */
  restore(): Promise<void>;
  takesOf(processor: string): readonly string[];
  /** Tells the other nodes that a lease is free, or that this node has come. */
  notifyOthers(): void;
  /** Tells the owner of a partition that others have written there. */
  notifyOwner(partition: number): void;
}

export class RecordLeaseStore implements LeaseStore {
  readonly node: string;
  readonly #options: RecordLeaseOptions;
  /** Where the last message of each lease of this node is. */
  readonly #positions = new Map<string, number>();
  /** Where the last messages of all leases were at the last look. */
  #lasts: BucketContent["lasts"] = new Map();
  readonly #releasing = new Set<Promise<void>>();
  #announced = "";

  constructor(options: RecordLeaseOptions) {
    this.#options = options;
    this.node = options.node;
  }

  async renew(processors: readonly string[], held: readonly HeldLease[]): Promise<readonly HeldLease[]> {
    await this.#options.check();
    await this.#announce(processors);
    const renewed = await Promise.all(held.map(async (lease) => await this.#renewOne(lease) ? [lease] : []));
    return renewed.flat();
  }

  async #announce(processors: readonly string[]): Promise<void> {
    const { bucket, restore, notifyOthers } = this.#options;
    try {
      await bucket.writeNode(this.node, processors);
    } catch (error) {
      if (error instanceof BackendUnavailable) await restore();
      throw error;
    }
    if (this.#announced !== processors.join()) notifyOthers();
    this.#announced = processors.join();
  }

  async #renewOne(lease: HeldLease): Promise<boolean> {
    const isOurs = await this.#runs(lease) && await this.#write(lease.key);
    if (!isOurs && lease.key.scope === WHOLE_PARTITION) {
      await this.#options.partitions.drop(lease.key.partition);
    }
    return isOurs;
  }

  /** Whether the log says that it is this node's still, as far as it was read. */
  async #runs({ key: { partition, scope }, epoch }: HeldLease): Promise<boolean> {
    const { partitions } = this.#options;
    if (scope === WHOLE_PARTITION) {
      await partitions.readOn(partition);
      return partitions.ownerOf(partition)?.epoch === epoch;
    }
    return (await partitions.view(partition)).state.processor(scope).epoch === epoch;
  }

  async overview(): Promise<LeaseOverview> {
    const { bucket, partitions } = this.#options;
    const [{ leases, nodes, lasts }, pauses] = await Promise.all([bucket.read(), readPauses(partitions)]);
    this.#lasts = lasts;
    const running = leases.map(({ partition, scope, value: owner }) => ({ partition, scope, owner }));
    return {
      ...{ partitions: partitions.partitions, nodes, running },
      ...{ paused: pausedOf(pauses, "processor"), drained: pausedOf(pauses, "node") },
    };
  }

  async acquire(keys: readonly LeaseKey[], processors: readonly string[]): Promise<readonly AcquiredLease[]> {
    const alone = await this.#leasedAlone();
    const acquired = await Promise.all(
      keys.map((key) =>
        key.scope === WHOLE_PARTITION
          ? this.#takePartition(key, processors.filter((name) => !alone.has(textOf({ ...key, scope: name }))))
          : this.#takeAlone(key)
      ),
    );
    return acquired.filter((lease) => lease !== undefined);
  }

  /** The keys of all that somebody has leased alone. */
  async #leasedAlone(): Promise<ReadonlySet<string>> {
    const { leases } = await this.#options.bucket.read();
    return new Set(leases.filter(({ scope }) => scope !== WHOLE_PARTITION).map(textOf));
  }

  async #takePartition(key: LeaseKey, processors: readonly string[]): Promise<AcquiredLease | undefined> {
    if (!await this.#write(key)) return undefined;
    const taken = await this.#options.partitions.take(
      key.partition,
      processors.map((name) => this.#hosted(name)),
    );
    return taken && { key, epoch: epochOfEra(taken.epoch), hosted: taken.hosted };
  }

  async #takeAlone(key: LeaseKey): Promise<AcquiredLease | undefined> {
    const { partitions, notifyOwner } = this.#options;
    if (!await this.#write(key)) return undefined;
    const view = await partitions.view(key.partition);
    const leased = await view.submit(aloneContribution(this.node, this.#hosted(key.scope)));
    if (leased === undefined) await this.#remove(key);
    else notifyOwner(key.partition);
    return leased && { key, ...leased };
  }

  async join(held: readonly HeldLease[], processors: readonly string[]): Promise<readonly AcquiredLease[]> {
    const joins = held.map((lease, i) => ({ lease, joining: { ...this.#hosted(processors[i]!), seen: 0 } }))
      .map(({ lease, joining }) => ({
        lease,
        joining: { ...joining, seen: this.#epochOf(lease, joining.name) },
      }));
    const alone = await this.#leasedAlone();
    return await Promise.all(joins.map(async ({ lease, joining }): Promise<AcquiredLease> => {
      const { key, epoch } = lease;
      const owner = this.#options.partitions.ownerOf(key.partition);
      const isFree = owner?.epoch === epoch && !alone.has(textOf({ ...key, scope: joining.name }));
      if (!isFree) return { key, epoch, hosted: [] };
      return { key, epoch, hosted: await owner.submit(joinContribution(this.node, epoch, [joining])) };
    }));
  }

  #epochOf({ key: { partition } }: HeldLease, processor: string): number {
    return this.#options.partitions.ownerOf(partition)?.state.processor(processor).epoch ?? 0;
  }

  #hosted(name: string): HostedProcessor {
    return { name, takes: this.#options.takesOf(name) };
  }

  async clearMark({ key: { partition }, epoch }: HeldLease, processor: string): Promise<void> {
    const owner = this.#options.partitions.ownerOf(partition);
    if (owner?.state.processor(processor).inFlight === undefined) return;
    await owner.submit(markContribution({ processor, epoch }, undefined));
  }

  async release(lease: HeldLease): Promise<void> {
    const releasing = this.#release(lease);
    this.#releasing.add(releasing);
    try {
      await releasing;
    } finally {
      this.#releasing.delete(releasing);
    }
  }

  async #release({ key, epoch }: HeldLease): Promise<void> {
    const { partitions, notifyOthers, notifyOwner } = this.#options;
    const { partition, scope } = key;
    if (scope !== WHOLE_PARTITION) {
      await (await partitions.view(partition)).submit(giveBackContribution(epoch, [scope]));
      notifyOwner(partition);
    } else if (partitions.ownerOf(partition)?.epoch === epoch) await partitions.release(partition);
    else return;
    await this.#remove(key);
    notifyOthers();
  }

  /** What is being given back is free before the node is gone. */
  async leave(): Promise<void> {
    await Promise.allSettled(this.#releasing);
    await this.#options.bucket.removeNode(this.node);
    this.#options.notifyOthers();
  }

  /** Writes a lease's key; false where another node has it. One that has expired is written anew. */
  async #write(key: LeaseKey): Promise<boolean> {
    const text = leaseKeyText(key);
    const { bucket } = this.#options;
    for (let expected = this.#positions.get(text) ?? this.#lasts.get(text) ?? 0;;) {
      try {
        this.#positions.set(text, await bucket.writeLease(key, this.node, expected));
        return true;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
      const { leases, lasts } = await bucket.read();
      const found = leases.find((each) => leaseKeyText(each) === text);
      // The answer to a write of this node may have been lost.
      const isOther = found !== undefined && found.value !== this.node;
      const last = lasts.get(text) ?? 0;
      this.#positions.delete(text);
      if (isOther || last === expected) return false;
      expected = last;
    }
  }

  async #remove(key: LeaseKey): Promise<void> {
    const text = leaseKeyText(key);
    try {
      await this.#options.bucket.removeLease(key, this.#positions.get(text) ?? 0);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
    this.#positions.delete(text);
  }
}
