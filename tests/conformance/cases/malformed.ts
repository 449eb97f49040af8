/** Conformance: what other hands put into the log that is no event harms at most its own case. @module */
import { listCases } from "../../../actors/case_list.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { anEvent, casesIn } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { collect, type Fixture } from "../fixture.ts";
import type { Delivery } from "../outcomes.ts";

const ACT = { by: "ann", why: "it is no event" };

/** Partition 0 with an intake of each of two cases, garbage in the first one, and another intake of each. */
async function setUp(fixture: Fixture) {
  const backend = await fixture.harness.backend("first");
  const [a, b] = casesIn(0, backend.partitions, 2) as [string, string];
  await backend.append([anEvent(a, 1), anEvent(b, 1)]);
  await fixture.harness.plantGarbage!(a);
  await backend.append([anEvent(a, 2), anEvent(b, 2)]);
  return { backend, a, b, reader: await fixture.reader(backend) };
}

const deadIfMalformed = ({ malformed }: Delivery) => malformed === undefined ? "done" : "dead";

export const malformedCases: ConformanceCase[] = [
  {
    name: "what is no event is a delivery of its own, and the others of its mailbox go on (I1, I3, I7)",
    needs: "plantGarbage",
    async run(fixture) {
      const { a, b, reader } = await setUp(fixture);
      const seen = await reader.settleMany(5, deadIfMalformed);
      const brief = seen.map(({ event, malformed }) => [event.correlation_id, malformed !== undefined]);
      assertEquals(brief, [[a, false], [b, false], [a, true], [a, false], [b, false]]);
      const { malformed, event } = seen[2]!;
      assertMatch(malformed!.raw, /garbage/);
      assert(!malformed!.reason.includes("garbage"), malformed!.reason);
      assertEquals(event.data, {});
    },
  },
  {
    name:
      "what is no event is a dead letter with what is stored, and its case goes on once it is given up (I4)",
    needs: "plantGarbage",
    async run(fixture) {
      const { backend, a, reader } = await setUp(fixture);
      await reader.settleMany(5, deadIfMalformed);
      const [letter, ...others] = await backend.deadLetters.list();
      assertEquals([letter!.caseId, letter!.held, others], [a, 1, []]);
      assertMatch(letter!.event.malformed!.raw, /garbage/);
      assertEquals(await backend.deadLetters.discard({ caseId: a }, ACT), 1);
      const [next, ...more] = await reader.settleNext();
      assertEquals([next!.event, more], [anEvent(a, 2), []]);
      assertEquals((await backend.audit(a)).map(({ act }) => act), ["dead_letter", "discard"]);
    },
  },
  {
    name: "histories, lists and replays do not stop at what is no event",
    needs: "plantGarbage",
    async run(fixture) {
      const { backend, a, b, reader } = await setUp(fixture);
      const ofCase = await collect(backend.readCase(a));
      assertEquals(ofCase.map(({ malformed }) => malformed !== undefined), [false, true, false]);
      assertMatch(ofCase[1]!.malformed!.raw, /garbage/);
      assertEquals((await collect(backend.readAll())).length, 5);
      assertEquals((await listCases(backend)).map(({ caseId }) => caseId), [b, a]);
      const { version } = ofCase[2]!;
      const needs = [{ caseId: a, after: 0, before: version }, { caseId: b, after: 0, before: 2 }];
      const lines = (await reader.mailbox.histories(needs, ["case.intake"])).split("\n");
      assert(lines.some((line) => line.includes(anEvent(b, 1).event_id)), "the history of the other case");
      await backend.append([anEvent(a, 3), anEvent(b, 3)]);
      assertEquals((await collect(backend.readCase(a))).at(-1)!.event, anEvent(a, 3));
    },
  },
];
