/** Conformance: what a mailbox delivers, when, and how much at a time. @module */
import { assert, assertEquals } from "@std/assert";
import { partitionOf } from "../../../schema/partition.ts";
import { anEvent, casesIn, someEvents } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deliveries, settlement } from "../outcomes.ts";
import { INTAKE } from "../fixture.ts";

export const deliveryCases: ConformanceCase[] = [
  {
    name: "a batch that was not settled is delivered again, the same (I1)",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const [a] = casesIn(0, backend.partitions, 1) as [string];
      await backend.append(someEvents(a, 3));
      const feed = await fixture.reader(backend);
      const first = await feed.next();
      assertEquals(
        deliveries(first).map((d) => [d.version, d.attempt, d.held]),
        [1, 2, 3].map((v) => [v, 1, false]),
      );
      assertEquals(await feed.next(), first);
      await feed.mailbox.settle(first, settlement());
      await feed.assertNoBatch();
    },
  },
  {
    name: "the next batch is read only after the last one was settled",
    async run(fixture) {
      const backend = await fixture.harness.backend(undefined, { batchSize: 2 });
      const [a] = casesIn(0, backend.partitions, 1) as [string];
      await backend.append(someEvents(a, 4));
      const feed = await fixture.reader(backend);
      assertEquals((await feed.settleNext()).map((d) => d.version), [1, 2]);
      await backend.append([anEvent(a, 5)]);
      assertEquals((await feed.settleNext()).map((d) => d.version), [3, 4]);
      assertEquals((await feed.settleNext()).map((d) => d.version), [5]);
    },
  },
  {
    name: "an append wakes a mailbox that waits",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const [a] = casesIn(0, backend.partitions, 1) as [string];
      const feed = await fixture.reader(backend);
      await feed.assertNoBatch();
      await backend.append([anEvent(a, 1)]);
      assertEquals((await feed.settleNext()).length, 1);
    },
  },
  {
    name: "an append on another node wakes a mailbox that waits",
    async run(fixture) {
      const [reader, writer] = [await fixture.harness.backend("one"), await fixture.harness.backend("two")];
      const [a] = casesIn(0, reader.partitions, 1) as [string];
      const feed = await fixture.reader(reader);
      await feed.assertNoBatch();
      await writer.append([anEvent(a, 1)]);
      assertEquals((await feed.settleNext()).length, 1);
    },
  },
  {
    name: "batches are bounded by count (I6)",
    async run(fixture) {
      const backend = await fixture.harness.backend(undefined, { batchSize: 7 });
      const [a, b] = casesIn(0, backend.partitions, 2) as [string, string];
      await backend.append([...someEvents(a, 10), ...someEvents(b, 10)]);
      const feed = await fixture.reader(backend);
      const sizes = [await feed.settleNext(), await feed.settleNext(), await feed.settleNext()].map((batch) =>
        batch.length
      );
      assertEquals(sizes, [7, 7, 6]);
      await feed.assertNoBatch();
    },
  },
  {
    name: "batches are bounded by bytes, and one delivery is always allowed (I6)",
    async run(fixture) {
      const backend = await fixture.harness.backend(undefined, { batchBytes: 2000 });
      const [a] = casesIn(0, backend.partitions, 1) as [string];
      const large = { ...anEvent(a, 11), data: { case_id: a, text: "é".repeat(1500) } };
      const wide = someEvents(a, 10).map((event) => ({
        ...event,
        data: { case_id: a, text: "é".repeat(150) },
      }));
      await backend.append([...wide, large, anEvent(a, 12)]);
      const feed = await fixture.reader(backend);
      const seen: number[][] = [];
      while (seen.flat().length < 12) {
        const batch = await feed.next();
        assert(
          batch.lines.length <= 2000 || batch.count === 1,
          `A batch of ${batch.count} has ${batch.lines.length} bytes`,
        );
        seen.push(deliveries(batch).map(({ version }) => version));
        await feed.mailbox.settle(batch, settlement());
      }
      assertEquals(seen.flat(), Array.from({ length: 12 }, (_, i) => i + 1));
      assert(seen[0]!.length > 1, "Several deliveries go into one batch");
      assert(seen.some((batch) => batch.join() === "11"), "The large delivery comes alone");
    },
  },
  {
    name: "a processor is given the types that it takes, and every processor all of them (I1)",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const [a] = casesIn(0, backend.partitions, 1) as [string];
      const both = { name: "both", version: 1, takes: ["case.intake", "case.analysis"] };
      await backend.append([
        anEvent(a, 1),
        anEvent(a, 1, "case.decision"),
        anEvent(a, 1, "case.analysis"),
        anEvent(a, 2),
      ]);
      const intake = await fixture.reader(backend, 0, INTAKE);
      const other = await fixture.reader(backend, 0, both);
      assertEquals((await intake.settleNext()).map((d) => d.version), [1, 4]);
      assertEquals((await other.settleNext()).map((d) => d.version), [1, 3, 4]);
    },
  },
  {
    name: "a mailbox is fed by its own partition alone, and together they get everything (I1)",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const ids = Array.from({ length: 40 }, (_, i) => `case-${i}`);
      await backend.append(ids.map((caseId) => anEvent(caseId, 1)));
      const seen: string[] = [];
      for (const mailbox of await fixture.mailboxes(backend)) {
        const expected = ids.filter((caseId) =>
          partitionOf(caseId, backend.partitions) === mailbox.partition
        );
        const mine = expected.length === 0 ? [] : await fixture.read(mailbox).settleNext();
        assertEquals(mine.map((d) => d.event.correlation_id), expected);
        seen.push(...expected);
      }
      assertEquals(seen.sort(), ids.sort());
    },
  },
  {
    name: "a mailbox that is opened again goes on at the checkpoint (I1, I2)",
    async run(fixture) {
      const backend = await fixture.harness.backend(undefined, { batchSize: 2 });
      const [a] = casesIn(0, backend.partitions, 1) as [string];
      await backend.append(someEvents(a, 4));
      const mailboxes = await fixture.mailboxes(backend);
      assertEquals((await fixture.read(mailboxes[0]!).settleNext()).map((d) => d.version), [1, 2]);
      await Promise.all(mailboxes.map((mailbox) => mailbox.close()));
      const feed = await fixture.reader(backend);
      assertEquals((await feed.settleNext()).map((d) => d.version), [3, 4]);
    },
  },
];
