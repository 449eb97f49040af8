/** Who appends: this node where it owns the partition, its owner where there is one, and no other hand but a node's. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Appender } from "../../../../../../backends/nats/journal/append/appender.ts";
import { BackendUnavailable, EventIdConflict, VersionConflict } from "../../../../../../backends/errors.ts";
import { anEvent, casesIn } from "../../../../../support/events.ts";
import { MemoryStoreOfRecords, PARTITIONS } from "../../../../../support/nats_log/memory_store.ts";

const [zero, other] = casesIn(0, PARTITIONS, 2) as [string, string];
const [one] = casesIn(1, PARTITIONS, 1) as [string];

function appenderOf(store: MemoryStoreOfRecords, ...who: Parameters<typeof store.appenderOptions>): Appender {
  return new Appender(store.appenderOptions(...who));
}

Deno.test("events go to the owners of their partitions, and the answer is the place of the last one given", async () => {
  const store = new MemoryStoreOfRecords();
  const owners = [await store.owner(0), await store.owner(1)];
  const appender = appenderOf(store);
  const events = [anEvent(zero, 1), anEvent(one, 1), anEvent(zero, 2)];
  const answer = await appender.append(events, "any");
  assertEquals([answer.stored, answer.duplicates, answer.version], [3, 0, 2]);
  assertEquals([store.eventsIn(0), store.eventsIn(1)], [2, 1]);
  const again = await appender.append(events, "any");
  assertEquals(again, { ...answer, stored: 0, duplicates: 3 });
  assert(store.bus.requested.every((subject) => /^p-commit\.[01]$/.test(subject)));
  owners.forEach(({ stop }) => stop());
});

Deno.test("a node asks nobody for a partition of its own", async () => {
  const store = new MemoryStoreOfRecords();
  const { writer, stop } = await store.owner(0);
  await appenderOf(store, [writer]).append([anEvent(zero, 1)], "none");
  assertEquals(store.bus.requested, []);
  stop();
});

Deno.test("a node that lost its partition asks the new owner", async () => {
  const store = new MemoryStoreOfRecords();
  const [old, next] = [await store.owner(0), await store.owner(0)];
  const { version } = await appenderOf(store, [old.writer]).append([anEvent(zero, 1)], "any");
  assertEquals(version, 1);
  [old, next].forEach(({ stop }) => stop());
});

Deno.test("of two nodes that get a request, the one that was fenced says to ask again", async () => {
  const store = new MemoryStoreOfRecords();
  const old = await store.owner(0);
  const next = await store.owner(0);
  const appender = appenderOf(store);
  for (const n of [1, 2, 3]) {
    assertEquals((await appender.append([anEvent(zero, n)], { exact: n - 1 })).version, n);
  }
  assertEquals(store.eventsIn(0), 3);
  [old, next].forEach(({ stop }) => stop());
});

Deno.test("what is refused anywhere is stored nowhere", async () => {
  const store = new MemoryStoreOfRecords();
  const owners = [await store.owner(0), await store.owner(1)];
  const appender = appenderOf(store);
  await appender.append([anEvent(one, 1)], "any");
  const spoilt = { ...anEvent(one, 1), data: { case_id: one, other: true } };
  await assertRejects(() => appender.append([anEvent(zero, 1), spoilt], "any"), EventIdConflict);
  assertEquals([store.eventsIn(0), store.eventsIn(1)], [0, 1]);
  await assertRejects(() => appender.append([anEvent(one, 2)], "none"), VersionConflict);
  const twice = [anEvent(zero, 1), { ...anEvent(one, 7), event_id: anEvent(zero, 1).event_id }];
  await assertRejects(() => appender.append(twice, "any"), EventIdConflict);
  await assertRejects(() => appender.append([anEvent(zero, 1), anEvent(other, 1)], "none"), TypeError);
  assertEquals([store.eventsIn(0), store.eventsIn(1)], [0, 1]);
  owners.forEach(({ stop }) => stop());
});

Deno.test("without an owner a node writes for itself and says so, and a producer is told that nobody is there", async () => {
  const store = new MemoryStoreOfRecords();
  await assertRejects(
    () => appenderOf(store, [], false).append([anEvent(zero, 1)], "any"),
    BackendUnavailable,
  );
  assertEquals((await appenderOf(store).append([anEvent(zero, 1), anEvent(zero, 2)], "none")).version, 2);
  assertEquals(store.bus.published, ["p-bell.0"]);
  assertEquals((await appenderOf(store).append([anEvent(zero, 2)], "any")).duplicates, 1);
  assertEquals(store.bus.published, ["p-bell.0"]);
  const owner = await store.owner(0);
  const { version } = await appenderOf(store, [], false).append([anEvent(zero, 3)], { exact: 2 });
  assertEquals(version, 3);
  owner.stop();
});

Deno.test("an append that no request can hold is several requests, checked whole before any is stored", async () => {
  const store = new MemoryStoreOfRecords();
  const owner = await store.owner(0);
  store.bus.maxPayload = 1_400;
  const events = Array.from({ length: 40 }, (_, n) => anEvent(zero, n));
  const { stored, version } = await appenderOf(store).append(events, "none");
  assertEquals([stored, version, store.eventsIn(0)], [40, 40, 40]);
  assert(store.bus.requested.length > 2);
  owner.stop();
});
