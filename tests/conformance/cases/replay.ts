/** Conformance: reading the log by position, time and type, and the histories that workers ask for. @module */
import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { type AuditEntry, STORE_TRAIL } from "../../../backends/dead_letters.ts";
import { readLinesOf } from "../../../backends/event_store.ts";
import { parseStoredLine, type StoredEvent } from "../../../schema/delivery_line.ts";
import { anEvent, casesIn, someEvents } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { readLines } from "../outcomes.ts";
import { collect, type Fixture, idsOf } from "../fixture.ts";

/** Six events of two cases and three types, some time apart. */
async function sixEvents({ harness }: Fixture): Promise<[Backend, StoredEvent[]]> {
  const backend = await harness.backend();
  for (const n of [1, 2]) {
    await backend.append([anEvent("a", n)]);
    await harness.advance(5);
    await backend.append([anEvent("b", n, "case.analysis"), anEvent("a", n, "case.decision")]);
    await harness.advance(5);
  }
  return [backend, await collect(backend.readAll())];
}

function iso(recordedAt: number): string {
  return new Date(recordedAt).toISOString();
}

export const replayCases: ConformanceCase[] = [
  {
    name: "readAll() gives everything by position",
    async run(fixture) {
      const [backend, stored] = await sixEvents(fixture);
      const last = await backend.lastPosition?.() ?? Infinity;
      assert(last >= stored.at(-1)!.position, "The last position is none before the last event");
      assertEquals(stored.length, 6);
      const positions = stored.map(({ position }) => position);
      assertEquals(positions, [...new Set(positions)].sort((a, b) => a - b));
    },
  },
  {
    name: "readAll() by position includes both bounds",
    async run(fixture) {
      const [backend, stored] = await sixEvents(fixture);
      const [, second, , , fifth] = stored;
      const range = { fromPosition: second!.position, toPosition: fifth!.position };
      assertEquals(await collect(backend.readAll(range)), stored.slice(1, 5));
      assertEquals(await collect(backend.readAll({ fromPosition: stored[5]!.position + 1 })), []);
    },
  },
  {
    name: "readAll() by time includes both bounds, by the store's clock",
    async run(fixture) {
      const [backend, stored] = await sixEvents(fixture);
      const [first, last] = [stored[1]!.recordedAt, stored[3]!.recordedAt];
      const wanted = stored.filter(({ recordedAt }) => recordedAt >= first && recordedAt <= last);
      assert(wanted.length >= 3 && wanted.length < 6, "time passed between the appends");
      assertEquals(await collect(backend.readAll({ fromTime: iso(first), toTime: iso(last) })), wanted);
      assertEquals(await collect(backend.readAll({ fromTime: iso(stored[5]!.recordedAt + 1000) })), []);
    },
  },
  {
    name: "readAll() by type gives these types only, and combines with the other bounds",
    async run(fixture) {
      const [backend, stored] = await sixEvents(fixture);
      const types = ["case.analysis", "case.intake"];
      const wanted = stored.filter(({ event }) => types.includes(event.event_type));
      assertEquals(await collect(backend.readAll({ types })), wanted);
      assertEquals(
        await collect(backend.readAll({ types, fromPosition: wanted[2]!.position })),
        wanted.slice(2),
      );
      assertEquals(await collect(backend.readAll({ types: [] })), []);
    },
  },
  {
    name: "readAll() gives what was stored when it began",
    async run({ harness }) {
      const backend = await harness.backend();
      await backend.append(someEvents("a", 3));
      const seen: StoredEvent[] = [];
      for await (const stored of backend.readAll()) {
        seen.push(stored);
        await backend.append([anEvent("b", seen.length)]);
        assert(seen.length <= 3, "Events that were appended meanwhile are read");
      }
      assertEquals(idsOf(seen), someEvents("a", 3).map((e) => e.event_id));
    },
  },
  {
    name: "readLinesOf() gives the events of readAll() as lines, from any store",
    async run(fixture) {
      const [backend, stored] = await sixEvents(fixture);
      const range = { types: ["case.intake"], fromPosition: stored[1]!.position };
      const lines = (await collect(readLinesOf(backend, range))).flat();
      assertEquals(lines.map(parseStoredLine), await collect(backend.readAll(range)));
    },
  },
  {
    name: "record() adds an act of a person to the trail of a case, and of the store",
    async run({ harness }) {
      const backend = await harness.backend();
      for (const caseId of ["a", STORE_TRAIL]) {
        await backend.record({ act: "read_personal", by: "jansen", why: "An objection", caseId });
        const [{ at, ...entry }] = await backend.audit(caseId) as [AuditEntry];
        assertEquals(entry, { act: "read_personal", by: "jansen", why: "An objection", caseId });
        assert(Date.parse(at) > 0);
      }
    },
  },
  {
    name: "readCase() of a case that is not there gives nothing",
    async run({ harness }) {
      assertEquals(await collect((await harness.backend()).readCase("nobody")), []);
    },
  },
  {
    name: "histories() gives the versions strictly between, of the types asked for, by case and version",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const [a, b] = casesIn(0, backend.partitions, 2) as [string, string];
      await backend.append([...someEvents(a, 3), anEvent(a, 1, "case.analysis"), ...someEvents(b, 6)]);
      const { mailbox } = await fixture.reader(backend);
      const needs = [
        { caseId: a, after: 1, before: 5 },
        { caseId: b, after: 0, before: 4 },
        { caseId: "nobody", after: 0, before: 9 },
        { caseId: "nothing between", after: 3, before: 4 },
      ];
      const read = async (types: string[]) =>
        readLines(await mailbox.histories(needs, types)).map(({ version, event }) => {
          return [event.correlation_id, version, event.event_type];
        });
      const intakes = [[a, 2], [a, 3], [b, 1], [b, 2], [b, 3]].map((each) => [...each, "case.intake"]);
      assertEquals(await read(["case.intake"]), intakes);
      assertEquals(await read(["case.intake", "case.analysis"]), [
        ...intakes.slice(0, 2),
        [a, 4, "case.analysis"],
        ...intakes.slice(2),
      ]);
      assertEquals(await mailbox.histories([], ["case.intake"]), "");
    },
  },
];
