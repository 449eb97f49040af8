/** Conformance: appending events. @module */
import { listCases } from "../../../actors/case_list.ts";
import { EventIdConflict } from "../../../backends/errors.ts";
import { linesOf } from "../../../backends/mailbox/batch.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { withTwoDecimals } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { partitionOf } from "../../../schema/partition.ts";
import { anEvent, someEvents } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deliveries } from "../outcomes.ts";
import { collect, idsOf, inStoredOrder } from "../fixture.ts";

const UNUSUAL_CASE_IDS = [
  "123",
  "met spatie",
  "a.b.c",
  "*.>",
  "schuld/hulp?x=1&y=%20",
  `quote ' and " and \\`,
  "Ünïcödé ✓ 案件 👩‍👧",
  "{1,2}[3]$$;--",
  "NULL",
  "x".repeat(128),
  "案".repeat(128),
];

export const appendCases: ConformanceCase[] = [
  {
    name: "append() gives rising positions and versions that count per case",
    async run({ harness }) {
      const backend = await harness.backend();
      const first = await backend.append(someEvents("a", 3));
      const second = await backend.append([anEvent("b", 1), anEvent("a", 4)]);
      assertEquals([first.stored, first.duplicates, first.version], [3, 0, 3]);
      assertEquals([second.stored, second.duplicates, second.version], [2, 0, 4]);
      const history = await collect(backend.readCase("a"));
      assertEquals(history.map(({ version }) => version), [1, 2, 3, 4]);
      assertEquals(
        history.map(({ position }) => position),
        history.map((e) => e.position).sort((a, b) => a - b),
      );
      assertEquals(second.position, history[3]!.position);
    },
  },
  {
    name: "append() of nothing stores nothing",
    async run({ harness }) {
      const backend = await harness.backend();
      const { stored, duplicates } = await backend.append([]);
      assertEquals([stored, duplicates], [0, 0]);
      assertEquals(await collect(backend.readAll()), []);
    },
  },
  {
    name: "an event is read back as it was appended, amounts with two decimals",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const event = withTwoDecimals({
        ...anEvent("a", 1),
        metadata: { schema_version: 1, traceparent: "00-1-2-01", marks: ["bsn_fails_eleven_test"] },
      });
      await backend.append([event]);
      const [stored] = await collect(backend.readCase("a"));
      assertEquals(stored!.event, JSON.parse(JSON.stringify(event)));
      const reader = await fixture.reader(backend, partitionOf("a", backend.partitions));
      const batch = await reader.next();
      assert(linesOf(batch)[0]!.includes("1250.50"), "The line has the amount with two decimals");
      const [delivery] = deliveries(batch);
      assertEquals({ ...delivery }, { ...stored!, attempt: 1, held: false });
    },
  },
  {
    name: "append() twice with the same ids stores once (I2)",
    async run({ harness }) {
      const backend = await harness.backend();
      const first = await backend.append(someEvents("a", 3));
      const again = await backend.append(someEvents("a", 3));
      assertEquals(again, { ...first, stored: 0, duplicates: 3 });
      const more = await backend.append(someEvents("a", 4));
      assertEquals([more.stored, more.duplicates, more.version], [1, 3, 4]);
      assertEquals(idsOf(await collect(backend.readCase("a"))), someEvents("a", 4).map((e) => e.event_id));
    },
  },
  {
    name: "append() of the same id twice in one call stores once (I2)",
    async run({ harness }) {
      const backend = await harness.backend();
      const { stored, duplicates } = await backend.append([
        anEvent("a", 1),
        anEvent("a", 2),
        anEvent("a", 1),
      ]);
      assertEquals([stored, duplicates], [2, 1]);
      assertEquals((await collect(backend.readCase("a"))).length, 2);
    },
  },
  {
    name: "a duplicate may have another time, trace and order of keys",
    async run({ harness }) {
      const backend = await harness.backend();
      const event = anEvent("a", 1);
      await backend.append([event]);
      const { stored, duplicates } = await backend.append([{
        ...event,
        timestamp: "2027-01-01T00:00:00.000Z",
        data: Object.fromEntries(Object.entries(event.data).reverse()),
        metadata: { schema_version: 1, traceparent: "00-1-2-01" },
      }]);
      assertEquals([stored, duplicates], [0, 1]);
      assertEquals((await collect(backend.readCase("a")))[0]!.event, event, "the first one stands");
    },
  },
  {
    name: "an id that is stored with another type, case or data is refused",
    async run({ harness }) {
      const backend = await harness.backend();
      const event = anEvent("a", 1);
      await backend.append([event]);
      const others = [
        { ...event, event_type: "case.analysis" },
        { ...event, correlation_id: "b", data: { ...event.data, case_id: "b" } },
        { ...event, data: { ...event.data, debt_amount: 1 } },
      ];
      const refused = others.filter(({ correlation_id: caseId }) =>
        backend.features.ids === "store" || caseId === "a"
      );
      for (const other of refused) {
        const conflict = await assertRejects(() => backend.append([other]), EventIdConflict);
        assertEquals(conflict.eventId, event.event_id);
      }
      assertEquals((await collect(backend.readAll())).map((e) => e.event), [event]);
    },
  },
  {
    name: "append() stores all or none",
    async run({ harness }) {
      const backend = await harness.backend();
      await backend.append([anEvent("a", 1)]);
      const bad = { ...anEvent("a", 1), data: { case_id: "a" } };
      await assertRejects(() => backend.append([anEvent("a", 2), anEvent("b", 1), bad]), EventIdConflict);
      assertEquals((await collect(backend.readAll())).length, 1);
      assertEquals((await backend.append([anEvent("a", 2)])).version, 2);
    },
  },
  {
    name: "append() stores none of thousands of events of many cases when one of them is refused",
    async run({ harness }) {
      const backend = await harness.backend();
      await backend.append([anEvent("a", 1)]);
      const bad = { ...anEvent("a", 1), data: { case_id: "a" } };
      for (const count of [1_999, 4_000]) {
        const events = Array.from({ length: count }, (_, i) => anEvent(`case-${i}`, 1));
        await assertRejects(() => backend.append([...events, bad]), EventIdConflict);
      }
      assertEquals((await collect(backend.readAll())).length, 1);
    },
  },
  {
    name: "append() takes thousands of events of many cases in one call",
    async run({ harness }) {
      const backend = await harness.backend();
      const events = Array.from(
        { length: 5000 },
        (_, i) => anEvent(`case-${i % 50}`, Math.floor(i / 50) + 1),
      );
      const { stored } = await backend.append(events);
      assertEquals(stored, 5000);
      const facts = (list: readonly WireEvent[]) =>
        list.map(({ event_id, data }) => JSON.stringify([event_id, data]));
      const read = (await collect(backend.readAll())).map(({ event }) => event);
      assertEquals(facts(inStoredOrder(backend, read)), facts(inStoredOrder(backend, events)));
      for (const caseId of ["case-0", "case-49"]) {
        const history = await collect(backend.readCase(caseId));
        assertEquals(history.map(({ event }) => event.data.n), Array.from({ length: 100 }, (_, i) => i + 1));
        assertEquals(history.map(({ version }) => version), Array.from({ length: 100 }, (_, i) => i + 1));
      }
    },
  },
  {
    name: "a case id is any text: appended, read and delivered as it is",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      await backend.append(UNUSUAL_CASE_IDS.map((caseId) => anEvent(caseId, 1)));
      for (const caseId of UNUSUAL_CASE_IDS) {
        assertEquals((await collect(backend.readCase(caseId))).map((e) => e.event), [anEvent(caseId, 1)]);
      }
      for (const mailbox of await fixture.mailboxes(backend)) {
        const mine = UNUSUAL_CASE_IDS.filter((id) =>
          partitionOf(id, backend.partitions) === mailbox.partition
        );
        const batch = mine.length === 0 ? null : await fixture.read(mailbox).next();
        const ids = batch === null ? [] : deliveries(batch).map(({ event }) => event.correlation_id);
        assertEquals(ids, mine);
      }
    },
  },
  {
    name: "listCases() gives the latest change first, by latest type if asked",
    async run({ harness }) {
      const backend = await harness.backend();
      await backend.append(someEvents("a", 2));
      await harness.advance(5);
      await backend.append([anEvent("b", 1)]);
      await harness.advance(5);
      await backend.append([anEvent("a", 1, "case.analysis")]);
      const listed = await listCases(backend);
      assertEquals(listed.map(({ caseId, version, latest }) => [caseId, version, latest]), [
        ["a", 3, "case.analysis"],
        ["b", 1, "case.intake"],
      ]);
      assert(listed[0]!.openedAt < listed[0]!.updatedAt);
      assertEquals((await listCases(backend, { latest: "case.intake" })).map((c) => c.caseId), ["b"]);
      assertEquals((await listCases(backend, { limit: 1 })).map((c) => c.caseId), ["a"]);
    },
  },
  {
    name: "storedKinds() gives every type and version once",
    async run({ harness }) {
      const backend = await harness.backend();
      const older = { ...anEvent("a", 3), metadata: { schema_version: 2 } };
      await backend.append([...someEvents("a", 2), older, anEvent("a", 1, "case.decision")]);
      const kinds = (await backend.storedKinds()).map(({ type, version }) => `${type}@${version}`).sort();
      assertEquals(kinds, ["case.decision@1", "case.intake@1", "case.intake@2"]);
    },
  },
];
