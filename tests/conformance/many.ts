/** Conformance: many events at once, which a backend may store in a way of its own. @module */
import { assertEquals, assertRejects } from "@std/assert";
import type { WireEvent } from "../../schema/events.ts";
import { storeRow } from "../../schema/stored_event.ts";
import { EventIdConflict } from "../../backends/backend.ts";
import { Fenced, type Settlement } from "../../backends/mailbox.ts";
import { anEvent, casesIn } from "../support/events.ts";
import type { ConformanceCase } from "./harness.ts";
import { deliveries, type Delivery, outputOf, settlement } from "./outcomes.ts";
import { all, type Scene } from "./world.ts";

const MANY = 120;

/** Data that no text form may change. */
const awkward = { text: 'C:\\new\\table "N" \\N \t \n \\. é 😀', nested: { empty: {}, list: [] } };

/** Where a backslash is lost, this is JSON still, and says something else. */
const treacherous = { text: "C:\\new\\table" };

/** Two outputs a delivery, with the version each has if nobody else adds to its case. */
function twoEach(
  read: readonly Delivery[],
  extra: object = awkward,
): { events: WireEvent[]; whole: Settlement } {
  const heads = new Map(read.map(({ event, version }) => [event.correlation_id, version]));
  const events: WireEvent[] = [];
  const versions: number[] = [];
  for (const delivery of read) {
    for (const index of [0, 1]) {
      const output = outputOf(delivery, index);
      events.push({ ...output, data: { ...output.data, ...extra } });
      const version = heads.get(output.correlation_id)! + 1;
      heads.set(output.correlation_id, version);
      versions.push(version);
    }
  }
  const outputs = events.map((event) => storeRow(event, 0));
  return { events, whole: settlement({ outputs, versions }) };
}

async function assertStored({ backend, cases }: Scene, events: readonly WireEvent[], others = 0) {
  for (const caseId of cases) {
    const story = await all(backend.readCase(caseId));
    assertEquals(story.map(({ version }) => version), story.map((_, i) => i + 1));
    const outputs = story.filter(({ event }) => event.event_type === "case.analysis");
    assertEquals(
      outputs.map(({ event }) => event),
      events.filter((event) => event.correlation_id === caseId),
    );
  }
  assertEquals((await all(backend.readAll())).length, MANY + events.length + others);
}

export const manyCases: ConformanceCase[] = [
  {
    name: "many outputs are stored as they are, behind their cases, and once (I2)",
    async run(world) {
      const scene = await world.scene(MANY / 2, 2);
      const batch = await scene.feed.next();
      const { events, whole } = twoEach(deliveries(batch));
      await scene.feed.mailbox.settle(batch, whole);
      await scene.feed.mailbox.settle(batch, whole);
      await assertStored(scene, events);
      await scene.feed.silence();
    },
  },
  {
    name: "many outputs keep their backslashes (I2)",
    async run(world) {
      const scene = await world.scene(MANY, 1);
      const batch = await scene.feed.next();
      const { events, whole } = twoEach(deliveries(batch), treacherous);
      await scene.feed.mailbox.settle(batch, whole);
      await assertStored(scene, events);
    },
  },
  {
    name: "many outputs find their versions when somebody else has added to a case meanwhile (I2, I3)",
    async run(world) {
      const scene = await world.scene(MANY, 1);
      const batch = await scene.feed.next();
      const { events, whole } = twoEach(deliveries(batch));
      await scene.backend.append([anEvent(scene.cases[7]!, 9, "case.withdrawn")]);
      await scene.feed.mailbox.settle(batch, whole);
      await assertStored(scene, events, 1);
    },
  },
  {
    name: "many outputs of which one is stored already are stored once each (I2)",
    async run(world) {
      const scene = await world.scene(MANY, 1);
      const batch = await scene.feed.next();
      const { events, whole } = twoEach(deliveries(batch));
      await scene.backend.append([events[11]!]);
      await scene.feed.mailbox.settle(batch, whole);
      const stored = (await all(scene.backend.readAll())).map(({ event }) => event.event_id);
      assertEquals(stored.length, MANY + events.length);
      assertEquals(new Set(stored).size, stored.length);
    },
  },
  {
    name: "many outputs of an owner who lost the lease are not stored (I5)",
    async run(world) {
      const stale = await world.harness.backend("stale", { renews: false });
      const cases = casesIn(0, stale.partitions, MANY);
      await stale.append(cases.map((caseId) => anEvent(caseId, 1)));
      const feed = await world.feed(stale);
      const batch = await feed.next();
      await world.harness.advance(2 * world.harness.leaseMs);
      await world.feed(await world.harness.backend("fresh"));
      await assertRejects(() => feed.mailbox.settle(batch, twoEach(deliveries(batch)).whole), Fenced);
      assertEquals((await all(stale.readAll())).length, MANY);
    },
  },
  {
    name: "append() of many stores them as they are, and says which were there already",
    async run(world) {
      const backend = await world.harness.backend();
      const cases = Array.from({ length: MANY / 2 }, (_, i) => `many ${i} \\ é`);
      const events = [1, 2].flatMap((n) => cases.map((caseId) => anEvent(caseId, n)))
        .map((event) => ({ ...event, data: { ...event.data, ...awkward } }));
      const first = await backend.append(events);
      assertEquals([first.stored, first.duplicates, first.version], [MANY, 0, 2]);
      assertEquals(first.position, (await all(backend.readAll())).at(-1)!.position);
      const more = await backend.append([...events, anEvent(cases[3]!, 3)]);
      assertEquals([more.stored, more.duplicates, more.version], [1, MANY, 3]);
      assertEquals((await all(backend.readAll())).map(({ event }) => event).slice(0, MANY), events);
    },
  },
  {
    name: "append() of many is refused whole when one id is stored with other content",
    async run(world) {
      const backend = await world.harness.backend();
      const events = Array.from({ length: MANY }, (_, i) => anEvent(`many ${i}`, 1));
      const other = { ...events[60]!, data: { ...events[60]!.data, debt_amount: 1.25 } };
      await backend.append([other]);
      await assertRejects(() => backend.append(events), EventIdConflict);
      assertEquals((await all(backend.readAll())).length, 1);
    },
  },
];
