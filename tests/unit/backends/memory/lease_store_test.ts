/** Nodes with different processors on one memory store, through random histories: policy, manager and store together. @module */
import { assert } from "@std/assert";
import type { Hosting } from "../../../../backends/mailbox/lease.ts";
import { LeaseManager } from "../../../../backends/mailbox/lease_manager.ts";
import { MemoryLeaseStore } from "../../../../backends/memory/lease_store.ts";
import { LeaseTable } from "../../../../backends/memory/lease_table.ts";
import type { Clock } from "../../../../backends/primitives/clock.ts";
import { Random } from "../../../../simulators/cases/random.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

const [PARTITIONS, LEASE_MS] = [5, 300];
const NAMES = ["a", "b", "c"];

/** One life of a node, which closes what is revoked when it is told to. */
class Node {
  readonly open = new Set<Hosting>();
  readonly manager: LeaseManager;
  isAlive = true;

  constructor(
    readonly name: string,
    readonly names: readonly string[],
    table: LeaseTable,
    clock: ManualClock,
  ) {
    const own: Clock = {
      now: () => clock.now(),
      wait: async (ms, signal) => {
        await clock.wait(ms, signal);
        if (!this.isAlive) await new Promise(() => {});
      },
    };
    const store = new MemoryLeaseStore(table, own, name, LEASE_MS);
    this.manager = new LeaseManager(store, {
      renewMs: LEASE_MS / 3,
      clock: own,
      onAvailabilityChange: () => {},
    });
    for (const each of names) this.#subscribe(each);
  }

  #subscribe(name: string): void {
    this.manager.subscribe(name, (hosting) => void this.open.add(hosting));
  }

  async #close(closes: (hosting: Hosting) => boolean): Promise<void> {
    for (const each of [...this.open].filter(closes)) {
      this.open.delete(each);
      await this.manager.close(each);
    }
  }

  closeRevoked(): Promise<void> {
    return this.#close(({ lease }) => lease.isRevoked);
  }

  /** A processor crashes and is started again. */
  async restart(name: string): Promise<void> {
    this.manager.unsubscribe(name);
    await this.#close(({ processor }) => processor === name);
    this.#subscribe(name);
  }
}

class ClusterFixture {
  readonly clock = new ManualClock();
  readonly table = new LeaseTable(PARTITIONS);
  readonly nodes: Node[] = [];
  /** They may wake up, and think that they hold what they held. */
  readonly #killed: Node[] = [];
  readonly #random: Random;
  readonly #epochs = new Map<string, number>();
  #lives = 0;

  constructor(seed: number) {
    this.#random = new Random(seed, "leases");
  }

  async step(): Promise<void> {
    const node = this.nodes[this.#random.below(Math.max(1, this.nodes.length))];
    const act = this.#random.below(12);
    if (node === undefined || act < 2 && this.nodes.length < 4) this.#start();
    else if (act === 2) await this.#end(node);
    else if (act === 3) this.#kill(node);
    else if (act === 4) await node.restart(node.names[this.#random.below(node.names.length)]!);
    else await node.closeRevoked();
    await this.clock.advance(this.#random.below(LEASE_MS / 2));
    this.#check();
  }

  /** Under a new name, or as a life after one that may have died with leases. */
  #start(): void {
    const name = this.#random.chance(0.5) ? `node-${this.#random.below(3)}` : `other-${++this.#lives}`;
    const names = NAMES.filter(() => this.#random.chance(0.6));
    if (this.nodes.some((node) => node.name === name) || names.length === 0) return;
    this.nodes.push(new Node(name, names, this.table, this.clock));
  }

  async #end(node: Node): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    await node.manager.leave();
  }

  #kill(node: Node): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    node.isAlive = false;
    this.#killed.push(node);
  }

  /** Of each mailbox at most one owner may settle, and its epoch never goes back; who renews what it holds is never fenced. */
  #check(): void {
    for (
      const { processor, lease: { key: { partition }, epoch } } of this.nodes.flatMap(({ open }) => [...open])
    ) {
      const now = this.table.of(processor)[partition]!.epoch;
      assert(
        now === epoch,
        `${processor}/${partition} was taken from its owner, which had not given it back`,
      );
    }
    const open = [...this.nodes, ...this.#killed].flatMap(({ open }) => [...open]);
    for (const { processor, partition, epoch } of this.table.all()) {
      const key = `${processor}/${partition}`;
      const owners = open.filter(({ processor: name, lease }) =>
        name === processor && lease.key.partition === partition && lease.epoch === epoch
      );
      assert(owners.length <= 1, `${key} has ${owners.length} owners under epoch ${epoch}`);
      assert(epoch >= (this.#epochs.get(key) ?? 0), `the epoch of ${key} went back to ${epoch}`);
      this.#epochs.set(key, epoch);
    }
  }

  /** Once nothing else happens, every processor that some node has runs everywhere, and wherever it can under the partition's lease. */
  async settleDown(): Promise<void> {
    for (let i = 0; i < 30; i++) {
      for (const node of this.nodes) await node.closeRevoked();
      await this.clock.advance(LEASE_MS / 3);
      this.#check();
    }
    for (const partition of this.table.whole.keys()) this.#checkComplete(partition);
    const shares = this.nodes.map(({ name }) =>
      this.table.whole.filter(({ owner }) => owner === name).length
    );
    assert(Math.max(0, ...shares) <= Math.ceil(PARTITIONS / Math.max(1, this.nodes.length)), `${shares}`);
  }

  #checkComplete(partition: number): void {
    const holder = this.nodes.find(({ name }) => this.table.whole[partition]!.owner === name);
    for (const processor of NAMES.filter((name) => this.nodes.some(({ names }) => names.includes(name)))) {
      const { owner, epoch } = this.table.of(processor)[partition]!;
      const node = this.nodes.find(({ name }) => name === owner);
      const isOpen = [...node?.open ?? []].some((each) =>
        each.processor === processor && each.lease.key.partition === partition && each.lease.epoch === epoch
      );
      assert(isOpen, `${processor}/${partition} has no owner that reads it`);
      const isHosted = epoch === this.table.whole[partition]!.epoch;
      const belongs = holder!.names.includes(processor);
      assert(isHosted === belongs, `${processor}/${partition}: hosted ${isHosted}, has it ${belongs}`);
    }
  }
}

Deno.test("whatever nodes come, die, restart and go, no processor ever has two owners, epochs grow, and all have one in the end (I5)", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const fixture = new ClusterFixture(seed);
    for (let i = 0; i < 60; i++) await fixture.step();
    await fixture.settleDown().catch((error) => {
      throw new Error(`Seed ${seed}`, { cause: error });
    });
  }
});
