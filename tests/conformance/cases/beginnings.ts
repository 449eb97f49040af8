/** Conformance: where processors begin. @module */
import { assertEquals, assertRejects } from "@std/assert";
import type { ProcessorSpec } from "../../../backends/mailbox/mailbox.ts";
import { anEvent, casesIn, someEvents } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { collect, type Fixture, INTAKE } from "../fixture.ts";

const ADDED: ProcessorSpec = { name: "added", version: 1, takes: ["case.intake"] };

/** A store on which a processor has handled events 1 to 3 of a case, the third some time after the others. */
async function workedStore(fixture: Fixture) {
  const backend = await fixture.harness.backend();
  const [caseId] = casesIn(0, backend.partitions, 1) as [string];
  await backend.register?.([INTAKE]);
  await backend.append(someEvents(caseId, 2));
  await fixture.harness.advance(20);
  await backend.append([anEvent(caseId, 3)]);
  await (await fixture.reader(backend)).settleMany(3);
  return { backend, caseId };
}

/** The versions that a processor is handed that is added, before a fourth event comes. */
async function handedTo(fixture: Fixture, added: ProcessorSpec, count: number): Promise<number[]> {
  const { backend, caseId } = await workedStore(fixture);
  await backend.register?.([INTAKE, added]);
  await backend.append([anEvent(caseId, 4)]);
  const feed = await fixture.reader(backend, 0, added);
  const seen = await feed.settleMany(count);
  await feed.assertNoBatch();
  return seen.map(({ version }) => version);
}

export const beginningCases: ConformanceCase[] = [
  {
    name:
      "a processor that is added to a store on which others have worked begins at what comes from then on",
    async run(fixture) {
      assertEquals(await handedTo(fixture, ADDED, 1), [4]);
    },
  },
  {
    name: "a processor that is added begins at the beginning where it says so",
    async run(fixture) {
      assertEquals(await handedTo(fixture, { ...ADDED, begins: "beginning" }, 4), [1, 2, 3, 4]);
    },
  },
  {
    name: "a processor that is added begins at what was recorded at a time or later where it names one",
    async run(fixture) {
      const { backend, caseId } = await workedStore(fixture);
      const third = (await collect(backend.readCase(caseId)))[2]!;
      const added = { ...ADDED, begins: new Date(third.recordedAt).toISOString() };
      await backend.register?.([INTAKE, added]);
      const feed = await fixture.reader(backend, 0, added);
      assertEquals((await feed.settleMany(1)).map(({ version }) => version), [3]);
      await feed.assertNoBatch();
    },
  },
  {
    name:
      "processors that are registered together begin at the beginning, also those that come after others have worked (I1)",
    async run(fixture) {
      const [one, two] = [await fixture.harness.backend("one"), await fixture.harness.backend("two")];
      const [caseId] = casesIn(0, one.partitions, 1) as [string];
      await one.register?.([INTAKE, ADDED]);
      await one.append(someEvents(caseId, 2));
      await (await fixture.reader(one)).settleMany(2);
      await two.register?.([INTAKE, ADDED]);
      const feed = await fixture.reader(one, 0, ADDED);
      assertEquals((await feed.settleMany(2)).map(({ version }) => version), [1, 2]);
    },
  },
  {
    name: "a processor that is known begins nowhere anew, and one with a beginning that is none is refused",
    async run(fixture) {
      const { backend, caseId } = await workedStore(fixture);
      await backend.register?.([{ ...INTAKE, begins: "beginning" }]);
      await backend.append([anEvent(caseId, 4)]);
      assertEquals(
        (await backend.rewinds.progress(INTAKE.name)).some(({ checkpoint }) => checkpoint > 0),
        true,
      );
      await assertRejects(async () => await backend.register?.([{ ...ADDED, begins: "soon" }]), RangeError);
    },
  },
];
