/** The leases of a node: held by a key in the bucket and a takeover in the log, and lost as soon as either says so. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { BackendUnavailable } from "../../../../../../backends/errors.ts";
import { WHOLE_PARTITION } from "../../../../../../backends/mailbox/lease_store.ts";
import type { Admission } from "../../../../../../backends/nats/authority/admission.ts";
import type { LeaseBucket } from "../../../../../../backends/nats/journal/leases/lease_bucket.ts";
import { Partitions } from "../../../../../../backends/nats/journal/leases/partitions.ts";
import { RecordLeaseStore } from "../../../../../../backends/nats/journal/leases/record_lease_store.ts";
import { openedInMemory } from "../../../../../support/nats_log/memory_partition.ts";
import { LogSubjects } from "../../../../../../schema/nats/log.ts";
import { MemoryBucket } from "../../../../../support/nats_log/memory_bucket.ts";
import { MemoryLog, MemoryLogClient } from "../../../../../support/nats_log/memory_log.ts";
import { RequestBus } from "../../../../../support/nats_log/request_bus.ts";

const PARTITION = { partition: 0, scope: WHOLE_PARTITION };
const ALONE = { partition: 0, scope: "slow" };

/** A store of one partition, with nodes. */
class Store {
  readonly log = new MemoryLog();
  readonly bucket = new MemoryBucket();
  readonly notified: string[] = [];
  isRestored = false;

  node(node: string): RecordLeaseStore {
    const partitions = new Partitions({
      client: new RequestBus(),
      subjects: new LogSubjects("cases"),
      partitions: 1,
      admission: {} as Admission,
      registered: () => [],
      node,
      signal: new AbortController().signal,
      onAvailabilityChange: () => {},
      now: () => 1_000,
      log: () => new MemoryLogClient(this.log),
      open: () => Promise.resolve(openedInMemory()),
      onRecord: () => {},
      onKnown: () => {},
      onStalled: () => {},
      onLost: () => {},
    });
    return new RecordLeaseStore({
      node,
      bucket: this.bucket as unknown as LeaseBucket,
      partitions,
      check: () => Promise.resolve(),
      restore: () => Promise.resolve(void (this.isRestored = true)),
      takesOf: () => ["case.intake"],
      notifyOthers: () => void this.notified.push(`${node}: a lease is free`),
      notifyOwner: () => void this.notified.push(`${node}: written`),
    });
  }

  async leases(): Promise<string[]> {
    return (await this.bucket.read()).leases.map(({ scope, value }) => `${scope} ${value}`.trim());
  }
}

const names = (leases: readonly { hosted: readonly { processor: string }[] }[]) =>
  leases.map(({ hosted }) => hosted.map(({ processor }) => processor));

Deno.test("a partition that is free is taken with its processors, and kept as long as it is renewed", async () => {
  const store = new Store();
  const one = store.node("one");
  const held = await one.acquire([PARTITION], ["intake", "slow"]);
  assertEquals(names(held), [["intake", "slow"]]);
  assertEquals(await one.renew(["intake", "slow"], held), held);
  assertEquals(await store.leases(), ["one"]);
  assertEquals((await one.overview()).nodes, [{ node: "one", processors: ["intake", "slow"] }]);
});

Deno.test("one that another node holds is not taken, and its log has no takeover", async () => {
  const store = new Store();
  await store.node("one").acquire([PARTITION], ["intake"]);
  const before = store.log.messages.length;
  assertEquals(await store.node("other").acquire([PARTITION], ["intake"]), []);
  assertEquals([store.log.messages.length, await store.leases()], [before, ["one"]]);
});

Deno.test("one whose key ran out is taken under a higher epoch, and who had it is told at the next renewal", async () => {
  const store = new Store();
  const [one, other] = [store.node("one"), store.node("other")];
  const before = await one.acquire([PARTITION], ["intake"]);
  store.bucket.expire();
  const [after] = await other.acquire([PARTITION], ["intake"]);
  assertEquals(after!.epoch > before[0]!.epoch, true);
  assertEquals(after!.hosted, [{ processor: "intake", crashedOwner: {} }]);
  assertEquals(await one.renew(["intake"], before), []);
  assertEquals(await store.leases(), ["other"]);
});

Deno.test("a key that ran out, and that nobody has taken, is written anew", async () => {
  const store = new Store();
  const one = store.node("one");
  const held = await one.acquire([PARTITION], ["intake"]);
  store.bucket.expire();
  assertEquals(await one.renew(["intake"], held), held);
  assertEquals(await store.leases(), ["one"]);
});

Deno.test("a renewal whose answer is lost is known as its own at the next", async () => {
  const store = new Store();
  const one = store.node("one");
  const held = await one.acquire([PARTITION], ["intake"]);
  store.bucket.answerFault = new BackendUnavailable("the answer is lost");
  await assertRejects(() => one.renew(["intake"], held), BackendUnavailable);
  assertEquals(await one.renew(["intake"], held), held);
});

Deno.test("a bucket that is gone is made again, and the renewal is tried anew", async () => {
  const store = new Store();
  const one = store.node("one");
  store.bucket.fault = new BackendUnavailable("no stream");
  await assertRejects(() => one.renew([], []), BackendUnavailable);
  assertEquals(store.isRestored, true);
});

Deno.test("a processor that the holder of the partition does not host is leased alone, and not hosted then", async () => {
  const store = new Store();
  const [one, other] = [store.node("one"), store.node("other")];
  const held = await one.acquire([PARTITION], ["intake"]);
  const [alone] = await other.acquire([ALONE], []);
  assertEquals([alone!.key, names([alone!])], [ALONE, [["slow"]]]);
  assertEquals(store.notified.at(-1), "other: written");
  assertEquals(names(await one.join(held, ["slow"])), [[]]);
  await other.release(alone!);
  assertEquals(await store.leases(), ["one"]);
  // A renewal reads on.
  await one.renew(["intake", "slow"], held);
  assertEquals(names(await one.join(held, ["slow"])), [["slow"]]);
});

Deno.test("one that the lease of its partition hosts can't be leased alone, and leaves no key", async () => {
  const store = new Store();
  await store.node("one").acquire([PARTITION], ["slow"]);
  assertEquals(await store.node("other").acquire([ALONE], []), []);
  assertEquals(await store.leases(), ["one"]);
});

Deno.test("a lease that is given back leaves no crash behind, and no key", async () => {
  const store = new Store();
  const one = store.node("one");
  const [lease] = await one.acquire([PARTITION], ["intake"]);
  await one.release(lease!);
  await one.leave();
  assertEquals([await store.leases(), (await one.overview()).nodes], [[], []]);
  const [next] = await store.node("other").acquire([PARTITION], ["intake"]);
  assertEquals(next!.hosted, [{ processor: "intake", crashedOwner: undefined }]);
});

Deno.test("giving back what another node has by now takes nothing from it", async () => {
  const store = new Store();
  const [one, other] = [store.node("one"), store.node("other")];
  const [lease] = await one.acquire([PARTITION], ["intake"]);
  store.bucket.expire();
  await other.acquire([PARTITION], ["intake"]);
  await one.renew(["intake"], [lease!]);
  await one.release(lease!);
  assertEquals(await store.leases(), ["other"]);
});
