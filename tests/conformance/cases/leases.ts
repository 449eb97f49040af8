/** Conformance: one owner a partition, fenced by epochs, and the handing over from one to the next. @module */
import { storeRow } from "../../../schema/delivery_line.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Fenced, type Mailbox } from "../../../backends/mailbox/mailbox.ts";
import { anEvent } from "../../support/events.ts";
import type { MailboxReader } from "../mailbox_reader.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { consumeAll, DeliveryLog } from "../delivery_log.ts";
import { deadOf, deliveries, outputOf, settlement, timerOf } from "../outcomes.ts";
import { collect, type Fixture, INTAKE } from "../fixture.ts";

/** Mailboxes of a node as it wins them; those it loses are left out. */
function countHoldings(
  fixture: Fixture,
  backend: Awaited<ReturnType<Fixture["harness"]["backend"]>>,
): () => Mailbox[] {
  const acquired: Mailbox[] = [];
  const hold = async () => {
    for await (const mailbox of backend.mailboxes(INTAKE, fixture.signal)) {
      acquired.push(mailbox);
      // Whoever is told that a lease ends gives the mailbox back as soon as nothing of it is in hand: here, at once.
      mailbox.revoked.addEventListener("abort", () => void fixture.run(mailbox.close()));
    }
  };
  void fixture.run(hold());
  return () => acquired.filter(({ revoked }) => !revoked.aborted);
}

/** A second node that takes over all partitions from a first one that has stopped renewing. */
async function takeOver(fixture: Fixture): Promise<MailboxReader> {
  return await fixture.reader(await fixture.harness.backend("second"));
}

export const leaseCases: ConformanceCase[] = [
  {
    name: "each partition is given out once, and each time a lease is won its epoch grows (I5)",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const first = await fixture.mailboxes(backend);
      assertEquals(
        first.map(({ partition }) => partition),
        Array.from({ length: backend.partitions }, (_, p) => p),
      );
      await Promise.all(first.map((mailbox) => mailbox.close()));
      assert(first.every(({ revoked }) => revoked.aborted));
      const second = await fixture.mailboxes(backend);
      for (const [i, { partition, epoch }] of second.entries()) {
        assertEquals(partition, first[i]!.partition);
        assert(epoch > first[i]!.epoch, `Epoch ${epoch} is not above ${first[i]!.epoch}`);
      }
    },
  },
  {
    name: "an owner that lost its lease can't settle, and nothing of what it tries is written (I5)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(2, 1, { renews: false });
      const batch = await reader.next();
      const second = await takeOver(fixture);
      assert(second.mailbox.epoch > reader.mailbox.epoch);
      const [one, two] = deliveries(batch);
      const late = settlement({
        outputs: [storeRow(outputOf(one!), 0)],
        failures: [deadOf(two!)],
        timers: [timerOf("late", 0, anEvent(a!, 9), 0)],
      });
      const fenced = await assertRejects(() => reader.mailbox.settle(batch, late), Fenced);
      assertEquals([fenced.processor, fenced.partition, fenced.epoch], ["intake", 0, reader.mailbox.epoch]);
      assert(reader.mailbox.revoked.aborted, "The owner knows now that its lease moved");
      await reader.waitForEnd();
      await fixture.harness.advance(100);
      assertEquals((await collect(backend.readAll())).length, 2);
      assertEquals(await backend.deadLetters.count(), 0);
      assertEquals((await second.next()).lines, batch.lines);
    },
  },
  {
    name: "an owner that comes back long after its lease moved is fenced still (I5)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 2, { renews: false, batchSize: 1 });
      const batch = await reader.next();
      const second = await takeOver(fixture);
      await second.settleMany(2);
      await fixture.harness.advance(2 * fixture.harness.leaseMs);
      await assertRejects(() => reader.mailbox.settle(batch, settlement()), Fenced);
    },
  },
  {
    name:
      "an owner that was fenced gives back nothing that is another's: who took over stays the owner (I5, I8)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1, { renews: false });
      const batch = await reader.next();
      const second = await takeOver(fixture);
      await assertRejects(() => reader.mailbox.settle(batch, settlement()), Fenced);
      await reader.mailbox.close();
      const [mailbox] = (await backend.health()).mailboxes;
      assertEquals([mailbox!.owner, mailbox!.epoch], ["second", second.mailbox.epoch]);
    },
  },
  {
    name: "who takes over goes on at the checkpoint: nothing lost, nothing repeated (I1, I2)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 6, { renews: false, batchSize: 2 });
      await reader.settleNext();
      const [third] = deliveries(await reader.next());
      const second = await takeOver(fixture);
      const seen = await second.settleMany(4);
      assertEquals(third!.version, 3);
      assertEquals(seen.map((d) => [d.version, d.attempt]), [3, 4, 5, 6].map((version) => [version, 1]));
      await backend.append([anEvent(a!, 7)]);
      assertEquals((await second.settleNext()).map((d) => d.version), [7]);
    },
  },
  {
    name: "who takes over is given the parked cases too (I1, I3)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 2, { renews: false });
      await reader.settleNext(() => ({ retryAfterMs: 1 }));
      const second = await takeOver(fixture);
      assertEquals((await second.settleNext()).map((d) => [d.version, d.attempt]), [[1, 2], [2, 1]]);
    },
  },
  {
    name: "outputs are stored once when the owner changes between two tries (I2)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(2, 2, { renews: false });
      const batch = await reader.next();
      const outputs = deliveries(batch).map((d) => storeRow(outputOf(d), 0));
      const tried = settlement({ outputs });
      const half = deliveries(batch)[1]!.position;
      const begun = settlement({ outputs: outputs.slice(0, 2) });
      await reader.mailbox.settle({ ...batch, to: half }, begun);
      const second = await takeOver(fixture);
      await assertRejects(() => reader.mailbox.settle({ ...batch, from: half }, tried), Fenced);
      await second.mailbox.settle(await second.next(), tried);
      const stored = (await collect(backend.readAll())).filter(({ event }) =>
        event.event_type === "case.analysis"
      );
      assertEquals(stored.map(({ event }) => event), deliveries(batch).map((d) => outputOf(d)));
    },
  },
  {
    name: "a lease that has run out may settle as long as nobody took it (I5)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 1, { renews: false });
      const batch = await reader.next();
      await fixture.harness.advance(fixture.harness.leaseMs + 50);
      await reader.mailbox.settle(batch, settlement());
      await reader.assertNoBatch();
    },
  },
  {
    name: "an owner that renews keeps its leases past their time",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1);
      await fixture.harness.advance(3 * fixture.harness.leaseMs);
      const { mailboxes } = await backend.health();
      assertEquals(
        mailboxes.map(({ epoch, leaseMs }) => [epoch, leaseMs > 0]),
        mailboxes.map(() => [reader.mailbox.epoch, true]),
      );
      assert(!reader.mailbox.revoked.aborted);
      assertEquals((await reader.settleNext()).length, 1);
    },
  },
  {
    name: "two owners share the partitions, and a third gets its part",
    async run(fixture) {
      const nodes = [await fixture.harness.backend("one")];
      const total = nodes[0]!.partitions;
      const held = [countHoldings(fixture, nodes[0]!)];
      await fixture.until("the first owner has everything", () => held[0]!().length === total);
      for (const name of ["two", "three"].slice(0, total - 1)) {
        nodes.push(await fixture.harness.backend(name));
        held.push(countHoldings(fixture, nodes.at(-1)!));
        const most = Math.ceil(total / nodes.length);
        await fixture.until(`${nodes.length} owners have no more than ${most} each`, () => {
          const counts = held.map((mine) => mine().length);
          return Math.max(...counts) <= most && counts.reduce((sum, n) => sum + n, 0) === total;
        });
      }
    },
  },
  {
    name: "an owner that died and comes back beside another leaves to it what is above its share (I1)",
    async run(fixture) {
      await fixture.mailboxes(await fixture.harness.backend("one", { renews: false }));
      const other = await fixture.harness.backend("two");
      const held = [countHoldings(fixture, other)];
      // So that the other is counted, while all leases of the first life still run.
      await fixture.harness.advance(0.4 * fixture.harness.leaseMs);
      assertEquals(held[0]!(), []);
      held.push(countHoldings(fixture, await fixture.harness.backend("one")));
      await fixture.until("each has its share", () => {
        const counts = held.map((mine) => mine().length);
        return Math.max(...counts) <= Math.ceil(other.partitions / 2) &&
          counts.reduce((sum, n) => sum + n, 0) === other.partitions;
      });
    },
  },
  {
    name: "a lease that is to be handed over is kept until its mailbox is closed (I5)",
    async run(fixture) {
      const [one, two] = [await fixture.harness.backend("one"), await fixture.harness.backend("two")];
      const mine = await fixture.mailboxes(one);
      const second = countHoldings(fixture, two);
      await fixture.until("one is to be handed over", () => mine.some(({ revoked }) => revoked.aborted));
      const handed = mine.find(({ revoked }) => revoked.aborted)!;
      await fixture.harness.advance(2 * fixture.harness.leaseMs);
      const health = (await one.health()).mailboxes.find(({ partition, processor }) =>
        processor === INTAKE.name && partition === handed.partition
      )!;
      assertEquals([health.epoch, health.leaseMs > 0], [handed.epoch, true]);
      await handed.close();
      await fixture.until(
        "the second owner has it",
        () => second().some(({ partition }) => partition === handed.partition),
      );
    },
  },
  {
    name: "an owner that closes hands its partitions over",
    async run(fixture) {
      const [one, two] = [await fixture.harness.backend("one"), await fixture.harness.backend("two")];
      const first = countHoldings(fixture, one);
      await fixture.until("the first owner has everything", () => first().length === one.partitions);
      const second = countHoldings(fixture, two);
      await one.close();
      assertEquals(first(), []);
      const beforeTheyExpire = 0.6 * fixture.harness.leaseMs;
      const hasAll = () => second().length === two.partitions;
      await fixture.until("the second owner has everything", hasAll, beforeTheyExpire);
    },
  },
  {
    name:
      "partitions move between owners under load: nothing lost, repeated or out of order (I1, I2, I3, I5)",
    async run(fixture) {
      const [one, two] = [
        await fixture.harness.backend("one", { batchSize: 5 }),
        await fixture.harness.backend("two", { batchSize: 5 }),
      ];
      const deliveryLog = new DeliveryLog();
      const ids: string[] = [];
      const appendMore = async (n: number) => {
        const events = Array.from({ length: 30 }, (_, i) => anEvent(`case-${i}`, n));
        ids.push(...events.map(({ event_id }) => event_id));
        await two.append(events);
      };
      await appendMore(1);
      void fixture.run(consumeAll(one, deliveryLog, fixture.signal));
      await fixture.until("the first round is done", () => deliveryLog.done.length >= 30);
      void fixture.run(consumeAll(two, deliveryLog, fixture.signal));
      for (let n = 2; n <= 10; n++) {
        await appendMore(n);
        await fixture.harness.advance(20);
      }
      await fixture.until("ten rounds are done", () => deliveryLog.done.length >= 300);
      await one.close();
      await appendMore(11);
      await fixture.until("the last round is done", () => deliveryLog.done.length >= 330);
      deliveryLog.assertOnceInOrder(ids);
      assertEquals((await collect(two.readAll({ types: ["case.analysis"] }))).length, 330, "one output each");
    },
  },
];
