/**
 * Which leases a node wants. Partitions are shared out equally among the nodes alive, whatever processors each has: who holds
 * one hosts all it has, and what it has not is leased alone, in equal parts among those who have it. One that is drained hands over
 * all, and is left out of the shares. Pure.
 * @module
 */
import { type LeaseKey, type LeaseOverview, WHOLE_PARTITION } from "./lease_store.ts";

/** A lease of this node, as far as it matters here. */
interface PlannedLease {
  readonly key: LeaseKey;
  /** It is to be handed over, and kept until its mailboxes are closed. */
  readonly isRevoked: boolean;
  readonly hosts: ReadonlySet<string>;
}

/** A processor that a lease of its partition does not host yet. */
export interface Join<L extends PlannedLease> {
  readonly lease: L;
  readonly processor: string;
}

interface LeasePlan<L extends PlannedLease> {
  readonly acquire: readonly LeaseKey[];
  readonly join: readonly Join<L>[];
  readonly handOver: readonly L[];
}

/** The plan of a node with these processors, which holds these leases in this life. */
export function planLeases<L extends PlannedLease>(
  overview: LeaseOverview,
  node: string,
  processors: readonly string[],
  held: readonly L[],
): LeasePlan<L> {
  if (overview.drained.includes(node)) {
    return { acquire: [], join: [], handOver: held.filter(({ isRevoked }) => !isRevoked) };
  }
  const view = new NodeView(overview, node, held);
  const whole = planPartitions(view, held);
  const alone = processors.map((processor) => planAlone(view, processor, held));
  return {
    acquire: processors.length === 0 ? [] : [...whole.acquire, ...alone.flatMap(({ acquire }) => acquire)],
    join: planJoins(view, processors, held),
    handOver: [...whole.handOver, ...alone.flatMap(({ handOver }) => handOver)],
  };
}

/** The overview as one node needs it. */
class NodeView {
  readonly #held: ReadonlySet<string>;
  readonly #owners: ReadonlyMap<string, string>;
  readonly #processors: ReadonlyMap<string, readonly string[]>;

  constructor(
    readonly overview: LeaseOverview,
    readonly node: string,
    held: readonly PlannedLease[],
  ) {
    this.#held = new Set(held.map(({ key }) => textOf(key)));
    this.#owners = new Map(overview.running.map((lease) => [textOf(lease), lease.owner]));
    this.#processors = new Map(overview.nodes.map(({ node, processors }) => [node, processors]));
  }

  holds(key: LeaseKey): boolean {
    return this.#held.has(textOf(key));
  }

  /** What an earlier life of this node had is free for it. */
  isFree(key: LeaseKey): boolean {
    const owner = this.#owners.get(textOf(key));
    return !this.holds(key) && (owner === undefined || owner === this.node);
  }

  isLeftBehind(key: LeaseKey): boolean {
    return this.#owners.get(textOf(key)) === this.node && !this.holds(key);
  }

  /** The processors of whoever holds a partition; undefined when nobody does, or nothing is known of the node. */
  processorsAt(partition: number): readonly string[] | undefined {
    const owner = this.#owners.get(textOf({ partition, scope: WHOLE_PARTITION }));
    return owner === undefined ? undefined : this.#processors.get(owner);
  }

  isOwnPartition(partition: number): boolean {
    return this.holds({ partition, scope: WHOLE_PARTITION });
  }

  /** The nodes that leases are shared among. */
  get sharers() {
    const { nodes, drained } = this.overview;
    return nodes.filter(({ node }) => !drained.includes(node));
  }

  get partitions(): number[] {
    return Array.from({ length: this.overview.partitions }, (_, partition) => partition);
  }
}

function planPartitions<L extends PlannedLease>(view: NodeView, held: readonly L[]) {
  const own = held.filter(({ key }) => key.scope === WHOLE_PARTITION);
  const free = view.partitions.map((partition) => ({ partition, scope: WHOLE_PARTITION }))
    .filter((key) => view.isFree(key))
    .sort((a, b) => Number(view.isLeftBehind(b)) - Number(view.isLeftBehind(a)));
  const share = Math.ceil(view.overview.partitions / Math.max(1, view.sharers.length));
  return fairly(share, free, own);
}

/** Nobody else than the holder of a partition leases there what the holder has: it gives that back, for the holder to host. */
function planAlone<L extends PlannedLease>(view: NodeView, processor: string, held: readonly L[]) {
  const isWithout = (partition: number) =>
    !view.isOwnPartition(partition) && view.processorsAt(partition)?.includes(processor) === false;
  const own = held.filter(({ key }) => key.scope === processor);
  const [wanted, unwanted] = [new Set(view.partitions.filter(isWithout)), new Set<L>()];
  for (const lease of own) {
    if (view.processorsAt(lease.key.partition)?.includes(processor)) unwanted.add(lease);
  }
  const free = [...wanted].map((partition) => ({ partition, scope: processor }))
    .filter((key) => view.isFree(key));
  const sharers = view.sharers.filter(({ processors }) => processors.includes(processor)).length;
  const share = Math.ceil(wanted.size / Math.max(1, sharers));
  const { acquire, handOver } = fairly(share, free, own.filter(({ key }) => wanted.has(key.partition)));
  return { acquire, handOver: [...unwanted, ...handOver].filter(({ isRevoked }) => !isRevoked) };
}

/** Free ones up to the share, and what is above it. */
function fairly<L extends PlannedLease>(share: number, free: readonly LeaseKey[], own: readonly L[]) {
  const active = own.filter(({ isRevoked }) => !isRevoked).sort((a, b) => a.key.partition - b.key.partition);
  return { acquire: free.slice(0, Math.max(0, share - own.length)), handOver: active.slice(share) };
}

/** What somebody has leased alone waits until it is given back or has run out. */
function planJoins<L extends PlannedLease>(
  view: NodeView,
  processors: readonly string[],
  held: readonly L[],
): Join<L>[] {
  return held.filter(({ key, isRevoked }) => key.scope === WHOLE_PARTITION && !isRevoked)
    .flatMap((lease) => processors.map((processor) => ({ lease, processor })))
    .filter(({ lease: { key: { partition }, hosts }, processor }) =>
      !hosts.has(processor) && view.isFree({ partition, scope: processor })
    );
}

/** The text by which a key is found. */
export function textOf({ partition, scope }: LeaseKey): string {
  return `${partition}/${scope}`;
}
