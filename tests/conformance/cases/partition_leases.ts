/** Conformance: one lease for all processors of a partition, where a store says so, and names that are leased alone. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { Fenced, type Mailbox, type ProcessorSpec } from "../../../backends/mailbox/mailbox.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { type Fixture, INTAKE } from "../fixture.ts";
import type { NodeOptions } from "../harness.ts";
import { Holdings } from "../holdings.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import { settlement } from "../outcomes.ts";

const ANALYSIS: ProcessorSpec = { name: "analysis", version: 1, takes: ["case.analysis"] };

/** A case on stores that lease by partition, with a first node. */
function onPartitions(
  name: string,
  run: (fixture: Fixture, one: Backend) => Promise<void>,
  options: NodeOptions = {},
): ConformanceCase {
  return {
    name,
    async run(fixture) {
      const one = await fixture.harness.backend("one", options);
      if (one.features.leases === "partition") await run(fixture, one);
    },
  };
}

/** Waits until each processor has an owner in each partition, and nowhere two. */
async function untilAllOwned(fixture: Fixture, nodes: readonly Holdings[], specs: readonly ProcessorSpec[]) {
  const all = Array.from({ length: nodes[0]!.backend.partitions }, (_, partition) => partition);
  await fixture.until("every processor has one owner in every partition", () =>
    specs.every((spec) => {
      const owned = nodes.flatMap((node) => node.partitionsOf(spec)).sort((a, b) => a - b);
      return owned.join() === all.join();
    }));
}

/** Waits until two nodes, each with a processor of its own, have their shares: what the second has leased alone at the first. */
async function untilLeasedAlone(fixture: Fixture, first: Holdings, second: Holdings) {
  const { partitions } = first.backend;
  // An epoch below that of the partition's lease is of one that was leased alone.
  const aloneAt = ({ partition, epoch }: Mailbox) =>
    second.of(ANALYSIS).filter((each) => each.partition === partition && each.epoch < epoch);
  const own = () => first.of(INTAKE).filter((intake) => aloneAt(intake).length > 0);
  await fixture.until(
    "each has its share of the partitions",
    () =>
      own().length === Math.floor(partitions / 2) && first.of(INTAKE).length === partitions &&
      second.of(ANALYSIS).length === partitions,
  );
  const before = own();
  return { before, alone: before.flatMap(aloneAt) };
}

/** Waits until in each partition of a node the lease of intake is that of analysis too. */
function untilShared(fixture: Fixture, node: Holdings): Promise<void> {
  return fixture.until("one lease has both", () => {
    const leases = new Set(node.of(ANALYSIS).map(({ lease }) => lease));
    return node.of(INTAKE).every(({ lease }) => leases.has(lease));
  });
}

export const partitionLeaseCases: ConformanceCase[] = [
  onPartitions(
    "processors of a node share the lease of a partition, with one epoch, also who comes later",
    async (fixture, one) => {
      const [intake, analysis] = [await fixture.mailboxes(one), await fixture.mailboxes(one, ANALYSIS)];
      for (const [i, { lease, epoch, partition }] of intake.entries()) {
        assert(lease === analysis[i]!.lease, "the same object");
        assertEquals([analysis[i]!.epoch, lease], [epoch, { epoch, partition }]);
      }
      assert(intake[0]!.lease !== intake[1]!.lease);
    },
  ),
  onPartitions(
    "who takes a partition over fences every processor that ran there, and is told of each what it had begun (I5, I7)",
    async (fixture, one) => {
      const [[intake], [analysis]] = [await fixture.mailboxes(one), await fixture.mailboxes(one, ANALYSIS)];
      const mark = { first: 3, last: 4, exclusive: false };
      await intake!.markInFlight(mark);
      const second = await fixture.harness.backend("two");
      const [[taken], [takenToo]] = [
        await fixture.mailboxes(second),
        await fixture.mailboxes(second, ANALYSIS),
      ];
      assertEquals([taken!.crashedOwner, takenToo!.crashedOwner], [{ inFlight: mark }, {}]);
      assert(taken!.epoch > intake!.epoch && taken!.lease === takenToo!.lease);
      await assertRejects(() => intake!.markInFlight(mark), Fenced);
      await assertRejects(() => analysis!.markInFlight(mark), Fenced);
    },
    { renews: false },
  ),
  onPartitions(
    "an owner that dies before it settles anything leaves to the next one what the one before had begun (I7)",
    async (fixture, one) => {
      const [intake] = await fixture.mailboxes(one);
      const mark = { first: 3, last: 3, exclusive: true };
      await intake!.markInFlight(mark);
      // Who never renews looks once, and finds the lease run out.
      await fixture.harness.advance(fixture.harness.leaseMs + 50);
      await fixture.mailboxes(await fixture.harness.backend("two", { renews: false }));
      const [third] = await fixture.mailboxes(await fixture.harness.backend("three"));
      assertEquals(third!.crashedOwner, { inFlight: mark });
    },
    { renews: false },
  ),
  onPartitions(
    "what the holder of a partition does not have is leased alone by who has it, and the partitions are shared all the same",
    async (fixture, one) => {
      const all = new Holdings(fixture, one, [INTAKE, ANALYSIS]);
      const few = new Holdings(fixture, await fixture.harness.backend("two"), [INTAKE]);
      await fixture.until("each has its share", () => {
        const [mine, theirs] = [all, few].map((node) => node.of(INTAKE).length);
        return mine === Math.ceil(one.partitions / 2) && mine + theirs! === one.partitions;
      });
      await untilAllOwned(fixture, [all, few], [INTAKE, ANALYSIS]);
      const own = new Set(all.of(INTAKE).map(({ lease }) => lease));
      const alone = all.of(ANALYSIS).filter(({ lease }) => !own.has(lease));
      assertEquals(alone.map(({ partition }) => partition), few.partitionsOf(INTAKE));
    },
  ),
  onPartitions(
    "the holder of a partition hosts what was leased alone once it is given back, and keeps its epoch; who had it is fenced (I5)",
    async (fixture, one) => {
      const first = new Holdings(fixture, one, [INTAKE]);
      const second = new Holdings(fixture, await fixture.harness.backend("two"), [ANALYSIS]);
      const { before, alone: [alone] } = await untilLeasedAlone(fixture, first, second);
      first.add(ANALYSIS);
      await fixture.until(
        "it is hosted where the partition is",
        () =>
          before.every(({ lease }) =>
            first.of(ANALYSIS).some((joined) => joined.lease === lease && !joined.revoked.aborted)
          ),
      );
      assert(alone!.revoked.aborted && before.every(({ revoked }) => !revoked.aborted));
      await assertRejects(() => alone!.markInFlight({ first: 1, last: 1, exclusive: false }), Fenced);
      second.add(INTAKE);
      await untilAllOwned(fixture, [first, second], [INTAKE, ANALYSIS]);
      await untilShared(fixture, first);
    },
  ),
  onPartitions(
    "a processor that is leased alone is kept from the holder until its mailbox is closed (I5)",
    async (fixture, one) => {
      const first = new Holdings(fixture, one, [INTAKE]);
      const second = new Holdings(fixture, await fixture.harness.backend("two"), [ANALYSIS]);
      const { alone } = await untilLeasedAlone(fixture, first, second);
      second.keepsRevoked = true;
      first.add(ANALYSIS);
      await fixture.until("they are to be given back", () => alone.some(({ revoked }) => revoked.aborted));
      const handed = alone.find(({ revoked }) => revoked.aborted)!;
      await fixture.harness.advance(2 * fixture.harness.leaseMs);
      assert(!first.partitionsOf(ANALYSIS).includes(handed.partition));
      await handed.markInFlight({ first: 1, last: 1, exclusive: false });
      await handed.close();
      await fixture.until("it is hosted", () => first.partitionsOf(ANALYSIS).includes(handed.partition));
    },
  ),
  onPartitions(
    "of nodes with different processors one after the other ends, and what is left goes on with all it can (I1)",
    async (fixture, one) => {
      const nodes = [new Holdings(fixture, one, [INTAKE, ANALYSIS])];
      nodes.push(new Holdings(fixture, await fixture.harness.backend("two"), [INTAKE]));
      nodes.push(new Holdings(fixture, await fixture.harness.backend("three"), [INTAKE, ANALYSIS]));
      await untilAllOwned(fixture, nodes, [INTAKE, ANALYSIS]);
      await nodes.shift()!.backend.close();
      await untilAllOwned(fixture, nodes, [INTAKE, ANALYSIS]);
      await nodes.shift()!.backend.close();
      await untilAllOwned(fixture, nodes, [INTAKE, ANALYSIS]);
      await untilShared(fixture, nodes[0]!);
    },
  ),
  onPartitions(
    "two versions of a processor share its partitions as one, and never run on the same (I5)",
    async (fixture, one) => {
      const before = new Holdings(fixture, one, [INTAKE, ANALYSIS]);
      const after = new Holdings(fixture, await fixture.harness.backend("two"), [{ ...INTAKE, version: 2 }]);
      await fixture.until("each has its share", () => {
        const [mine, theirs] = [before, after].map((node) => node.of(INTAKE).length);
        return mine === Math.ceil(one.partitions / 2) && mine + theirs! === one.partitions;
      });
      await untilAllOwned(fixture, [before, after], [INTAKE, ANALYSIS]);
      await one.close();
      await untilAllOwned(fixture, [after], [INTAKE]);
    },
  ),
  onPartitions(
    "a processor that begins again is given the leases that others of its node kept, under the same epoch (I1)",
    async (fixture, one) => {
      await one.append([anEvent(casesIn(0, one.partitions, 1)[0]!, 1)]);
      const [analysis] = await fixture.mailboxes(one, ANALYSIS);
      const stop = new AbortController();
      const holding = new Holdings(fixture, one, []);
      holding.add(INTAKE, stop.signal);
      await fixture.until("it has all", () => holding.of(INTAKE).length === one.partitions);
      const [first] = holding.of(INTAKE);
      const batch = await fixture.read(first!).next();
      await first!.markInFlight({ first: batch.to, last: batch.to, exclusive: true });
      stop.abort();
      for (const mailbox of holding.of(INTAKE)) await mailbox.close();
      const [again] = await fixture.mailboxes(one);
      assert(again!.lease === analysis!.lease && again !== first);
      assertEquals([again!.crashedOwner, analysis!.revoked.aborted], [undefined, false]);
      const reader = fixture.read(again!);
      assertEquals((await reader.next()).lines, batch.lines, "what it left unsettled");
      await again!.settle(batch, settlement());
      await reader.assertNoBatch();
    },
  ),
];
