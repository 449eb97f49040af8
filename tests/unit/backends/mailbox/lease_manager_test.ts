import { assertEquals } from "@std/assert";
import { BackendUnavailable } from "../../../../backends/errors.ts";
import type { PauseListener } from "../../../../backends/pauses.ts";
import type { Hosting } from "../../../../backends/mailbox/lease.ts";
import { LeaseManager } from "../../../../backends/mailbox/lease_manager.ts";
import { FakeLeases, SilentLeases } from "./fake_leases.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

function setUp<S extends FakeLeases>(store: S = new FakeLeases() as S) {
  const clock = new ManualClock();
  const outages: boolean[] = [];
  const errors: BackendUnavailable[] = [];
  const onAvailabilityChange = (error?: BackendUnavailable) => {
    outages.push(error !== undefined);
    if (error !== undefined) errors.push(error);
  };
  const pauses: string[] = [];
  const onPauseChange: PauseListener = ({ kind, name, isPaused }) =>
    void pauses.push(`${kind} ${name} ${isPaused ? "paused" : "resumed"}`);
  const manager = new LeaseManager(store, { renewMs: 100, clock, onAvailabilityChange, onPauseChange });
  const acquired: Hosting[] = [];
  const subscribe = (name: string) => manager.subscribe(name, (hosting) => acquired.push(hosting));
  subscribe("intake");
  const active = (name = "intake") =>
    acquired.filter(({ processor, lease }) => processor === name && !lease.isRevoked)
      .map(({ lease }) => lease.key.partition);
  return { clock, store, outages, errors, manager, acquired, active, subscribe, pauses };
}

Deno.test("a paused processor is recalled while its lease goes on, and given out as resumed under the same epoch", async () => {
  const { clock, store, manager, acquired, subscribe, pauses } = setUp();
  subscribe("analysis");
  await clock.advance(0);
  const intakes = acquired.filter(({ processor }) => processor === "intake");
  store.paused = ["intake", "elsewhere"];
  await clock.advance(100);
  const isRevoked = (hosting: Hosting) => hosting.revocation.signal.aborted;
  assertEquals([intakes.every(isRevoked), acquired.filter(isRevoked).length], [true, 4]);
  for (const hosting of intakes) await manager.close(hosting);
  await clock.advance(100);
  assertEquals([store.released, acquired.length], [[], 8]);
  store.paused = [];
  await clock.advance(100);
  const again = acquired.slice(8);
  assertEquals(
    again.map(({ processor, isResumed }) => [processor, isResumed]),
    Array(4).fill(["intake", true]),
  );
  assertEquals(again.map(({ lease }) => lease), intakes.map(({ lease }) => lease));
  assertEquals(pauses, ["processor intake paused", "processor intake resumed"]);
});

Deno.test("a processor that subscribes after the pause was seen is said to be paused as well, and once", async () => {
  const { clock, store, subscribe, pauses } = setUp();
  store.paused = ["analysis"];
  await clock.advance(0);
  assertEquals(pauses, []);
  subscribe("analysis");
  await clock.advance(300);
  assertEquals(pauses, ["processor analysis paused"]);
});

Deno.test("where all processors are paused the leases are kept, and given back when the node leaves", async () => {
  const { clock, store, manager, acquired } = setUp();
  await clock.advance(0);
  store.paused = ["intake"];
  await clock.advance(100);
  for (const hosting of acquired) await manager.close(hosting);
  await clock.advance(300);
  assertEquals([store.released, store.owned.size], [[], 4]);
  await manager.leave();
  assertEquals(store.released, [0, 1, 2, 3]);
});

Deno.test("a drained node revokes all it has and takes nothing, and its part is that of the others", async () => {
  const { clock, store, manager, acquired, active, pauses } = setUp();
  await clock.advance(0);
  store.drained = ["here", "gone"];
  await clock.advance(100);
  assertEquals(active(), []);
  for (const hosting of acquired) await manager.close(hosting);
  await clock.advance(300);
  assertEquals([store.released, active()], [[0, 1, 2, 3], []]);
  store.drained = ["there"];
  store.others = [OTHER];
  await clock.advance(100);
  assertEquals(active(), [0, 1, 2, 3], "who is drained has no share");
  assertEquals(pauses, ["node here paused", "node here resumed"]);
});

const OTHER = { node: "there", processors: ["intake", "analysis"] };

Deno.test("free leases are acquired up to the share, and more when the share grows", async () => {
  const { clock, store, active } = setUp();
  store.others = [OTHER];
  await clock.advance(0);
  assertEquals(active(), [0, 1]);
  store.others = [];
  await clock.advance(100);
  assertEquals(active(), [0, 1, 2, 3]);
});

Deno.test("a lease above the share is revoked, and is kept and renewed until its mailbox is closed (I5)", async () => {
  const { clock, store, manager, acquired, active } = setUp();
  await clock.advance(0);
  store.others = [OTHER];
  await clock.advance(300);
  assertEquals([active(), store.released], [[0, 1], []]);
  await manager.close(acquired[3]!);
  assertEquals(store.released, [3]);
});

Deno.test("a lease that another node has taken is revoked, and not given back for it (I5)", async () => {
  const { clock, store, manager, acquired, active } = setUp();
  await clock.advance(0);
  store.stolen.add(1);
  await clock.advance(100);
  assertEquals(active(), [0, 2, 3]);
  await manager.close(acquired[1]!);
  assertEquals(store.released, []);
});

Deno.test("a processor that comes later joins the leases that are held, under the same epoch", async () => {
  const { clock, acquired, active, subscribe } = setUp();
  await clock.advance(0);
  subscribe("analysis");
  await clock.advance(0);
  assertEquals(active("analysis"), [0, 1, 2, 3]);
  const [intake, analysis] = [acquired[2]!, acquired[6]!];
  assertEquals(intake.lease.identity === analysis.lease.identity, true);
});

Deno.test("a processor that another node has leased alone joins once it has given it back", async () => {
  const { clock, store, active, subscribe } = setUp();
  store.alone = ["analysis"];
  subscribe("analysis");
  await clock.advance(100);
  assertEquals([active("intake"), active("analysis")], [[0, 1, 2, 3], []]);
  store.alone = [];
  await clock.advance(100);
  assertEquals([active("analysis"), store.epochs], [[0, 1, 2, 3], [1, 1, 1, 1]]);
});

Deno.test("a lease that can host nothing yet is kept, so that others give its processors back", async () => {
  const { clock, store, active } = setUp();
  store.alone = ["intake"];
  await clock.advance(300);
  assertEquals([active(), store.released, store.owned.size], [[], [], 4]);
});

Deno.test("a lease is given back when the last of its mailboxes is closed; the others leave no mark behind", async () => {
  const { clock, store, manager, acquired, subscribe } = setUp();
  subscribe("analysis");
  await clock.advance(0);
  const own = acquired.filter(({ lease }) => lease.key.partition === 2);
  await Promise.all([manager.close(own[0]!), manager.close(own[1]!), manager.close(own[1]!)]);
  assertEquals([store.released, store.marksCleared, store.clearedBeforeRelease], [[2], ["intake 2"], 1]);
});

Deno.test("who is subscribed again is given the leases that are still held, without a new epoch", async () => {
  const { clock, store, manager, acquired, subscribe } = setUp();
  subscribe("analysis");
  await clock.advance(0);
  manager.unsubscribe("intake");
  for (const each of acquired.filter(({ processor }) => processor === "intake")) await manager.close(each);
  await clock.advance(100);
  assertEquals(acquired.length, 8, "nothing is given out to who is gone");
  subscribe("intake");
  await clock.advance(0);
  const again = acquired.slice(8).map(({ processor, lease: { epoch } }) => [processor, epoch]);
  assertEquals([again, store.released], [Array(4).fill(["intake", 1]), []]);
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

Deno.test("a manager that leaves releases everything, and without a subscriber it acquires nothing", async () => {
  const { clock, store, manager, active } = setUp();
  await clock.advance(0);
  manager.unsubscribe("intake");
  store.owned.delete(2);
  await clock.advance(100);
  assertEquals(active(), [0, 1, 3]);
  await manager.leave();
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
