/** Leases of a store that a test plays. @module */
import { BackendUnavailable } from "../../../../backends/errors.ts";
import type {
  HeldLease,
  LeaseKey,
  LeaseOverview,
  LeaseStore,
} from "../../../../backends/mailbox/lease_store.ts";

/** A store of four partitions for one node, beside others that are alive and lease processors alone. */
export class FakeLeases implements LeaseStore {
  readonly node = "here";
  isUnavailable = false;
  others: LeaseOverview["nodes"] = [];
  /** Processors that others have leased alone, in every partition. */
  alone: string[] = [];
  readonly epochs = [0, 0, 0, 0];
  readonly owned = new Set<number>();
  readonly stolen = new Set<number>();
  readonly released: number[] = [];
  clearedBeforeRelease = 0;
  readonly marksCleared: string[] = [];
  paused: string[] = [];
  drained: string[] = [];

  renew(_processors: readonly string[], held: readonly HeldLease[]) {
    if (this.isUnavailable) return Promise.reject(new BackendUnavailable("no answer"));
    return Promise.resolve(
      held.filter(({ key: { partition }, epoch }) =>
        this.owned.has(partition) && !this.stolen.has(partition) && this.epochs[partition] === epoch
      ),
    );
  }

  overview() {
    const nodes = [{ node: "here", processors: ["intake", "analysis"] }, ...this.others];
    const own = [...this.owned].map((partition) => ({ partition, scope: "", owner: this.owner(partition) }));
    const foreign = this.alone.flatMap((scope) =>
      [0, 1, 2, 3].map((partition) => ({ partition, scope, owner: "there" }))
    );
    const { paused, drained } = this;
    return Promise.resolve({ partitions: 4, nodes, running: [...own, ...foreign], paused, drained });
  }

  owner(partition: number): string {
    return this.stolen.has(partition) ? "there" : "here";
  }

  acquire(keys: readonly LeaseKey[], processors: readonly string[]) {
    return Promise.resolve(keys.map((key) => {
      this.owned.add(key.partition);
      return { key, epoch: ++this.epochs[key.partition]!, hosted: this.#hosted(processors) };
    }));
  }

  join(held: readonly HeldLease[], processors: readonly string[]) {
    return Promise.resolve(held.map((lease, i) => ({ ...lease, hosted: this.#hosted([processors[i]!]) })));
  }

  #hosted(processors: readonly string[]) {
    return processors.filter((processor) => !this.alone.includes(processor))
      .map((processor) => ({ processor, crashedOwner: undefined }));
  }

  async clearMark({ key }: HeldLease, processor: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.marksCleared.push(`${processor} ${key.partition}`);
  }

  release({ key: { partition } }: HeldLease): Promise<void> {
    this.owned.delete(partition);
    this.released.push(partition);
    this.clearedBeforeRelease = this.marksCleared.length;
    return Promise.resolve();
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }
}

/** A store that may fall silent, wholly or on the connections that are open. */
export class SilentLeases extends FakeLeases {
  isSilent = false;
  areConnectionsDead = false;
  probes = 0;
  readonly #open = new Set<() => void>();

  override async renew(processors: readonly string[], held: readonly HeldLease[]) {
    if (this.isSilent || this.areConnectionsDead) await this.#never();
    return await super.renew(processors, held);
  }

  /** What was open when the server was stopped is answered when it goes on. */
  wakeUp(): void {
    this.isSilent = false;
    if (!this.areConnectionsDead) { for (const resolve of this.#open) resolve(); }
  }

  #never(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#open.add(resolve);
    this.#drop.add(() => reject(new BackendUnavailable("dropped")));
    return promise;
  }

  readonly #drop = new Set<() => void>();
  readonly liveness = {
    store: "The store",
    probe: () => {
      this.probes++;
      return this.isSilent ? new Promise<void>(() => {}) : Promise.resolve();
    },
    dropConnections: () => {
      this.areConnectionsDead = false;
      for (const drop of this.#drop) drop();
    },
  };
}
