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

function setUp() {
  const clock = new ManualClock();
  const store = new FakeLeases();
  const outages: boolean[] = [];
  const onAvailabilityChange = (error?: BackendUnavailable) => void outages.push(error !== undefined);
  const manager = new LeaseManager(store, { renewMs: 100, clock, onAvailabilityChange });
  const acquired: Lease[] = [];
  manager.subscribe("intake", (lease) => acquired.push(lease));
  const active = () =>
    acquired.filter(({ revocation }) => !revocation.signal.aborted).map(({ key }) => key.partition);
  return { clock, store, outages, manager, acquired, active };
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
