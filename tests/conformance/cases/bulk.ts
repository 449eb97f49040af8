/** Conformance: many events at once, which a backend may store in a way of its own. @module */
import { assertEquals, assertRejects } from "@std/assert";
import type { WireEvent } from "../../../schema/events.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { EventIdConflict } from "../../../backends/errors.ts";
import { Fenced, type Settlement } from "../../../backends/mailbox/mailbox.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deliveries, type Delivery, outputOf, settlement } from "../outcomes.ts";
import { collect, type FixtureSetup, inStoredOrder } from "../fixture.ts";

const MANY = 60;

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

async function assertStored({ backend, cases }: FixtureSetup, events: readonly WireEvent[], others = 0) {
  for (const caseId of cases) {
    const history = await collect(backend.readCase(caseId));
    assertEquals(history.map(({ version }) => version), history.map((_, i) => i + 1));
    const outputs = history.filter(({ event }) => event.event_type === "case.analysis");
    assertEquals(
      outputs.map(({ event }) => event),
      events.filter((event) => event.correlation_id === caseId),
    );
  }
  assertEquals((await collect(backend.readAll())).length, MANY + events.length + others);
}

export const bulkCases: ConformanceCase[] = [
  {
    name: "many outputs are stored as they are, behind their cases, and once (I2)",
    async run(fixture) {
      const setup = await fixture.setUp(MANY / 2, 2);
      const batch = await setup.reader.next();
      const { events, whole } = twoEach(deliveries(batch));
      await setup.reader.mailbox.settle(batch, whole);
      await setup.reader.mailbox.settle(batch, whole);
      await assertStored(setup, events);
      await setup.reader.assertNoBatch();
    },
  },
  {
    name: "many outputs keep their backslashes (I2)",
    async run(fixture) {
      const setup = await fixture.setUp(MANY, 1);
      const batch = await setup.reader.next();
      const { events, whole } = twoEach(deliveries(batch), treacherous);
      await setup.reader.mailbox.settle(batch, whole);
      await assertStored(setup, events);
    },
  },
  {
    name: "many outputs find their versions when somebody else has added to a case meanwhile (I2, I3)",
    async run(fixture) {
      const setup = await fixture.setUp(MANY, 1);
      const batch = await setup.reader.next();
      const { events, whole } = twoEach(deliveries(batch));
      await setup.backend.append([anEvent(setup.cases[7]!, 9, "case.withdrawn")]);
      await setup.reader.mailbox.settle(batch, whole);
      await assertStored(setup, events, 1);
    },
  },
  {
    name: "many outputs of which one is stored already are stored once each (I2)",
    async run(fixture) {
      const setup = await fixture.setUp(MANY, 1);
      const batch = await setup.reader.next();
      const { events, whole } = twoEach(deliveries(batch));
      await setup.backend.append([events[11]!]);
      await setup.reader.mailbox.settle(batch, whole);
      const stored = (await collect(setup.backend.readAll())).map(({ event }) => event.event_id);
      assertEquals(stored.length, MANY + events.length);
      assertEquals(new Set(stored).size, stored.length);
    },
  },
  {
    name: "many outputs of an owner who lost the lease are not stored (I5)",
    async run(fixture) {
      const stale = await fixture.harness.backend("stale", { renews: false });
      const cases = casesIn(0, stale.partitions, MANY);
      await stale.append(cases.map((caseId) => anEvent(caseId, 1)));
      const reader = await fixture.reader(stale);
      const batch = await reader.next();
      await fixture.harness.advance(2 * fixture.harness.leaseMs);
      await fixture.reader(await fixture.harness.backend("fresh"));
      await assertRejects(() => reader.mailbox.settle(batch, twoEach(deliveries(batch)).whole), Fenced);
      assertEquals((await collect(stale.readAll())).length, MANY);
    },
  },
  {
    name: "append() of many stores them as they are, and says which were there already",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const cases = Array.from({ length: MANY / 2 }, (_, i) => `many ${i} \\ é`);
      const events = [1, 2].flatMap((n) => cases.map((caseId) => anEvent(caseId, n)))
        .map((event) => ({ ...event, data: { ...event.data, ...awkward } }));
      const first = await backend.append(events);
      assertEquals([first.stored, first.duplicates, first.version], [MANY, 0, 2]);
      const last = (await collect(backend.readAll())).find(({ event }) =>
        event.event_id === events.at(-1)!.event_id
      );
      assertEquals(first.position, last!.position);
      const more = await backend.append([...events, anEvent(cases[3]!, 3)]);
      assertEquals([more.stored, more.duplicates, more.version], [1, MANY, 3]);
      const stored = (await collect(backend.readAll())).map(({ event }) => event).slice(0, MANY);
      assertEquals(inStoredOrder(backend, stored), inStoredOrder(backend, events));
    },
  },
  {
    name: "append() of many is refused whole when one id is stored with other content",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const events = Array.from({ length: MANY }, (_, i) => anEvent(`many ${i}`, 1));
      const other = { ...events[MANY - 1]!, data: { ...events[MANY - 1]!.data, debt_amount: 1.25 } };
      await backend.append([other]);
      await assertRejects(() => backend.append(events), EventIdConflict);
      assertEquals((await collect(backend.readAll())).length, 1);
    },
  },
];
