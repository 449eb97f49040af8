import { assertEquals } from "@std/assert";
import { BackendUnavailable } from "../../../../backends/errors.ts";
import { type Lease, LeaseManager } from "../../../../backends/mailbox/lease_manager.ts";
import type { HeldLease, LeaseStore } from "../../../../backends/mailbox/lease_store.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

/** A store with leases of four partitions for one node, of which others may take a share. */
class FakeLeases implements LeaseStore {
  share = 4;
  isUnavailable = false;
  readonly epochs = [0, 0, 0, 0];
  readonly owned = new Set<number>();
  readonly released: number[] = [];

  renew(held: readonly HeldLease[]) {
    if (this.isUnavailable) return Promise.reject(new BackendUnavailable("no answer"));
    return Promise.resolve(
      held.filter(({ key: { partition }, epoch }) =>
        this.owned.has(partition) && this.epochs[partition] === epoch
      ),
    );
  }

  acquire(scope: string, held: readonly HeldLease[]) {
    const free = [0, 1, 2, 3].filter((partition) => !this.owned.has(partition))
      .slice(0, Math.max(0, this.share - held.length));
    const leases = free.map((partition) => {
      this.owned.add(partition);
      return { key: { scope, partition }, epoch: ++this.epochs[partition]!, crashedOwner: undefined };
    });
    return Promise.resolve({ leases, share: this.share });
  }

  release({ key: { partition } }: HeldLease): Promise<void> {
    this.owned.delete(partition);
    this.released.push(partition);
    return Promise.resolve();
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }
}

/** A store that may fall silent, wholly or on the connections that are open. */
class SilentLeases extends FakeLeases {
  isSilent = false;
  areConnectionsDead = false;
  probes = 0;
  readonly #open = new Set<() => void>();

  override async renew(held: readonly HeldLease[]) {
    if (this.isSilent || this.areConnectionsDead) await this.#never();
    return await super.renew(held);
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

function setUp<S extends FakeLeases>(store: S = new FakeLeases() as S) {
  const clock = new ManualClock();
  const outages: boolean[] = [];
  const errors: BackendUnavailable[] = [];
  const onAvailabilityChange = (error?: BackendUnavailable) => {
    outages.push(error !== undefined);
    if (error !== undefined) errors.push(error);
  };
  const manager = new LeaseManager(store, { renewMs: 100, clock, onAvailabilityChange });
  const acquired: Lease[] = [];
  manager.subscribe("intake", (lease) => acquired.push(lease));
  const active = () =>
    acquired.filter(({ revocation }) => !revocation.signal.aborted).map(({ key }) => key.partition);
  return { clock, store, outages, errors, manager, acquired, active };
}

Deno.test("free leases are acquired up to the share, and more when the share grows", async () => {
  const { clock, store, active } = setUp();
  store.share = 2;
  await clock.advance(0);
  assertEquals(active(), [0, 1]);
  store.share = 3;
  await clock.advance(100);
  assertEquals(active(), [0, 1, 2]);
});

Deno.test("a lease above the share is revoked, and is kept and renewed until its mailbox releases it (I5)", async () => {
  const { clock, store, manager, acquired, active } = setUp();
  await clock.advance(0);
  store.share = 3;
  await clock.advance(300);
  assertEquals([active(), store.released], [[0, 1, 2], []]);
  await manager.release(acquired[3]!);
  assertEquals(store.released, [3]);
});

Deno.test("a lease that another node has taken is revoked, and not given back for it (I5)", async () => {
  const { clock, store, manager, acquired, active } = setUp();
  await clock.advance(0);
  store.epochs[1]! += 1;
  await clock.advance(100);
  assertEquals(active(), [0, 2, 3]);
  await manager.release(acquired[1]!);
  assertEquals(store.released, []);
});

Deno.test("a store that is unavailable revokes nothing, and its outage and its end are reported", async () => {
  const { clock, store, outages, active } = setUp();
  await clock.advance(0);
  store.isUnavailable = true;
  await clock.advance(100);
  assertEquals([active(), outages], [[0, 1, 2, 3], [true]]);
  store.isUnavailable = false;
  await clock.advance(3_000);
  assertEquals([active(), outages.at(-1)], [[0, 1, 2, 3], false]);
});

Deno.test("a manager that closes releases everything, and a scope that is not subscribed any more acquires nothing", async () => {
  const { clock, store, manager, active } = setUp();
  await clock.advance(0);
  manager.unsubscribe("intake");
  store.owned.delete(2);
  await clock.advance(100);
  assertEquals(active(), [0, 1, 3]);
  await manager.close();
  assertEquals([active(), store.released.sort()], [[], [0, 1, 3]]);
});

Deno.test("a store that gives no answer anywhere is reported within seconds, with how long it had been silent", async () => {
  const { clock, store, outages, errors } = setUp(new SilentLeases());
  await clock.advance(0);
  store.isSilent = true;
  await clock.advance(100 + 2_200);
  assertEquals([outages, errors[0]?.message], [[true], "The store is away (no answer for 2200 ms)"]);
  assertEquals(errors[0]?.silentMs, 2_200);
  await clock.advance(10_000);
  store.wakeUp();
  await clock.advance(0);
  assertEquals(outages.at(-1), false);
});

Deno.test("a store that answers elsewhere is slow, and no outage: its answer is waited for", async () => {
  const { clock, store, outages } = setUp(new SilentLeases());
  await clock.advance(0);
  store.areConnectionsDead = true;
  await clock.advance(10_000);
  assertEquals([outages, store.areConnectionsDead], [[], true]);
});

Deno.test("after a silence connections that stay dead are dropped, and the next round begins at once", async () => {
  const { clock, store, outages } = setUp(new SilentLeases());
  await clock.advance(0);
  store.isSilent = store.areConnectionsDead = true;
  await clock.advance(20_000);
  assertEquals(outages.at(-1), true);
  store.wakeUp();
  await clock.advance(1_200 + 250);
  assertEquals(outages.at(-1), false);
});

Deno.test("a store that answers in time is never asked on another connection", async () => {
  const { clock, store } = setUp(new SilentLeases());
  await clock.advance(10_000);
  assertEquals(store.probes, 0);
});
