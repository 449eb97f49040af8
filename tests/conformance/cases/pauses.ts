/** Conformance: processors that are paused and nodes that are drained, durably and for every node. @module */
import { assert, assertEquals } from "@std/assert";
import { STORE_TRAIL } from "../../../backends/dead_letters.ts";
import type { ProcessorSpec } from "../../../backends/mailbox/mailbox.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { INTAKE } from "../fixture.ts";
import { Holdings } from "../holdings.ts";

const ANALYSIS: ProcessorSpec = { name: "analysis", version: 1, takes: ["case.analysis"] };
const PAUSED = { kind: "processor", name: INTAKE.name } as const;
const ANN = { by: "ann", why: "the tables are being corrected" };
const BOB = { by: "bob", why: "they are correct again" };

export const pauseCases: ConformanceCase[] = [
  {
    name: "a pause outlives the node that was told of it, is listed, and stands in the trail once",
    async run(fixture) {
      const one = await fixture.harness.backend("one");
      assertEquals(await one.pauses.list(), []);
      assertEquals(await one.pauses.resume(PAUSED, BOB), false, "nothing is paused");
      assertEquals(await one.pauses.pause(PAUSED, ANN), true);
      assertEquals(await one.pauses.pause(PAUSED, BOB), false, "it is paused already");
      await one.close();
      const two = await fixture.harness.backend("two");
      const [{ at, ...pause }, ...others] = await two.pauses.list() as [
        Awaited<
          ReturnType<typeof two.pauses.list>
        >[0],
      ];
      assertEquals([pause, others], [{ ...PAUSED, ...ANN }, []]);
      assert(!Number.isNaN(Date.parse(at)));
      assertEquals((await two.health()).pauses, [{ ...pause, at }]);
      assertEquals(await two.pauses.resume(PAUSED, BOB), true);
      assertEquals(await two.pauses.list(), []);
      const acts = (await two.audit(STORE_TRAIL)).map((
        { act, by, why, processor },
      ) => [act, by, why, processor]);
      assertEquals(acts, [
        ["processor_pause", "ann", ANN.why, INTAKE.name],
        ["processor_resume", "bob", BOB.why, INTAKE.name],
      ]);
    },
  },
  {
    name:
      "a paused processor is handed nothing on any node, others go on, and it begins again where it was (I1)",
    async run(fixture) {
      const one = await fixture.harness.backend("one", { batchSize: 2 });
      const [a] = casesIn(0, one.partitions, 1);
      await one.append([1, 2, 3].map((n) => anEvent(a!, n)));
      const others = await fixture.mailboxes(one, ANALYSIS);
      const holding = new Holdings(fixture, one, [INTAKE]);
      await fixture.until("it has all", () => holding.of(INTAKE).length === one.partitions);
      const [first] = holding.of(INTAKE);
      const reader = fixture.read(first!);
      await reader.settleNext();
      // As by a command: by a process of its own.
      const elsewhere = await fixture.harness.backend("elsewhere");
      await elsewhere.pauses.pause(PAUSED, ANN);
      await fixture.until("all of it are recalled", () => holding.of(INTAKE).length === 0);
      await reader.waitForEnd();
      assert(others.every(({ revoked }) => !revoked.aborted), "the other processor goes on");
      await elsewhere.append([anEvent(a!, 4)]);
      await fixture.harness.advance(2 * fixture.harness.leaseMs);
      assertEquals(holding.of(INTAKE), []);
      await elsewhere.pauses.resume(PAUSED, BOB);
      await fixture.until("it has all again", () => holding.of(INTAKE).length === one.partitions);
      const [again] = holding.of(INTAKE);
      assertEquals([again!.isResumed, again!.crashedOwner], [true, undefined]);
      const seen = await fixture.read(again!).settleMany(2);
      assertEquals(seen.map(({ version, attempt }) => [version, attempt]), [[3, 1], [4, 1]]);
    },
  },
  {
    name: "a processor that is paused before its node comes is given out once it is resumed",
    async run(fixture) {
      const one = await fixture.harness.backend("one");
      await one.pauses.pause(PAUSED, ANN);
      const holding = new Holdings(fixture, one, [INTAKE, ANALYSIS]);
      await fixture.until("it has the other", () => holding.of(ANALYSIS).length === one.partitions);
      assertEquals(holding.of(INTAKE), []);
      await one.pauses.resume(PAUSED, BOB);
      await fixture.until("it has all", () => holding.of(INTAKE).length === one.partitions);
    },
  },
  {
    name: "a drained node hands over all it has and takes nothing, until it is resumed (I1)",
    async run(fixture) {
      const [one, two] = [await fixture.harness.backend("one"), await fixture.harness.backend("two")];
      const [first, second] = [new Holdings(fixture, one, [INTAKE]), new Holdings(fixture, two, [INTAKE])];
      const counts = () => [first.of(INTAKE).length, second.of(INTAKE).length];
      await fixture.until("both have some", () => counts().every((count) => count > 0));
      const drained = { kind: "node", name: "one" } as const;
      assertEquals(await two.pauses.pause(drained, ANN), true);
      await fixture.until("the other has all", () => counts().join() === [0, two.partitions].join());
      await fixture.harness.advance(2 * fixture.harness.leaseMs);
      assertEquals(counts(), [0, two.partitions]);
      const { nodes = [], pauses = [] } = await two.health();
      assertEquals(nodes.map(({ node }) => node).toSorted(), ["one", "two"], "it is alive");
      assertEquals(pauses.map(({ kind, name }) => ({ kind, name })), [drained]);
      const trail = await two.audit(STORE_TRAIL);
      assertEquals(trail.map(({ act, why }) => [act, why]), [["node_drain", `one: ${ANN.why}`]]);
      await one.pauses.resume(drained, BOB);
      await fixture.until("both have some again", () => counts().every((count) => count > 0));
    },
  },
];
