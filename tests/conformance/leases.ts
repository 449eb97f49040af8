/** Conformance: one owner a partition, fenced by epochs, and the handing over from one to the next. @module */
import { storeRow } from "../../schema/stored_event.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Fenced, type Mailbox } from "../../backends/mailbox.ts";
import { anEvent } from "../support/events.ts";
import type { Feed } from "./feed.ts";
import type { ConformanceCase } from "./harness.ts";
import { consume, Journal } from "./journal.ts";
import { deadOf, deliveries, outputOf, settlement, timerOf } from "./outcomes.ts";
import { all, INTAKE, type World } from "./world.ts";

/** Mailboxes of a node as it wins them; those it loses are left out. */
function holdings(world: World, backend: Awaited<ReturnType<World["harness"]["backend"]>>): () => Mailbox[] {
  const won: Mailbox[] = [];
  const hold = async () => {
    for await (const mailbox of backend.mailboxes(INTAKE, world.signal)) {
      won.push(mailbox);
      // Whoever is told that a lease ends gives the mailbox back as soon as nothing of it is in hand: here, at once.
      mailbox.revoked.addEventListener("abort", () => void world.run(mailbox.close()));
    }
  };
  void world.run(hold());
  return () => won.filter(({ revoked }) => !revoked.aborted);
}

/** A second node that takes over all partitions from a first one that has stopped renewing. */
async function takeOver(world: World): Promise<Feed> {
  return await world.feed(await world.harness.backend("second"));
}

export const leaseCases: ConformanceCase[] = [
  {
    name: "each partition is given out once, and each time a lease is won its epoch grows (I5)",
    async run(world) {
      const backend = await world.harness.backend();
      const first = await world.mailboxes(backend);
      assertEquals(
        first.map(({ partition }) => partition),
        Array.from({ length: backend.partitions }, (_, p) => p),
      );
      await Promise.all(first.map((mailbox) => mailbox.close()));
      assert(first.every(({ revoked }) => revoked.aborted));
      const second = await world.mailboxes(backend);
      for (const [i, { partition, epoch }] of second.entries()) {
        assertEquals(partition, first[i]!.partition);
        assert(epoch > first[i]!.epoch, `Epoch ${epoch} is not above ${first[i]!.epoch}`);
      }
    },
  },
  {
    name: "an owner that lost its lease can't settle, and nothing of what it tries is written (I5)",
    async run(world) {
      const { backend, cases: [a], feed } = await world.scene(2, 1, { renews: false });
      const batch = await feed.next();
      const second = await takeOver(world);
      assert(second.mailbox.epoch > feed.mailbox.epoch);
      const [one, two] = deliveries(batch);
      const late = settlement({
        outputs: [storeRow(outputOf(one!), 0)],
        exceptions: [deadOf(two!)],
        timers: [timerOf("late", 0, anEvent(a!, 9), 0)],
      });
      const fenced = await assertRejects(() => feed.mailbox.settle(batch, late), Fenced);
      assertEquals([fenced.processor, fenced.partition, fenced.epoch], ["intake", 0, feed.mailbox.epoch]);
      assert(feed.mailbox.revoked.aborted, "The owner knows now that its lease moved");
      await feed.end();
      await world.harness.advance(100);
      assertEquals((await all(backend.readAll())).length, 2);
      assertEquals(await backend.deadLetters.count(), 0);
      assertEquals((await second.next()).lines, batch.lines);
    },
  },
  {
    name: "an owner that comes back long after its lease moved is fenced still (I5)",
    async run(world) {
      const { feed } = await world.scene(1, 2, { renews: false, batchSize: 1 });
      const batch = await feed.next();
      const second = await takeOver(world);
      await second.playMany(2);
      await world.harness.advance(2 * world.harness.leaseMs);
      await assertRejects(() => feed.mailbox.settle(batch, settlement()), Fenced);
    },
  },
  {
    name:
      "an owner that was fenced gives back nothing that is another's: who took over stays the owner (I5, I8)",
    async run(world) {
      const { backend, feed } = await world.scene(1, 1, { renews: false });
      const batch = await feed.next();
      const second = await takeOver(world);
      await assertRejects(() => feed.mailbox.settle(batch, settlement()), Fenced);
      await feed.mailbox.close();
      const [mailbox] = (await backend.health()).mailboxes;
      assertEquals([mailbox!.owner, mailbox!.epoch], ["second", second.mailbox.epoch]);
    },
  },
  {
    name: "who takes over goes on at the checkpoint: nothing lost, nothing repeated (I1, I2)",
    async run(world) {
      const { backend, cases: [a], feed } = await world.scene(1, 6, { renews: false, batchSize: 2 });
      await feed.play();
      const [third] = deliveries(await feed.next());
      const second = await takeOver(world);
      const seen = await second.playMany(4);
      assertEquals(third!.version, 3);
      assertEquals(seen.map((d) => [d.version, d.attempt]), [3, 4, 5, 6].map((version) => [version, 1]));
      await backend.append([anEvent(a!, 7)]);
      assertEquals((await second.play()).map((d) => d.version), [7]);
    },
  },
  {
    name: "who takes over is given the parked cases too (I1, I3)",
    async run(world) {
      const { feed } = await world.scene(1, 2, { renews: false });
      await feed.play(() => ({ retryAfterMs: 1 }));
      const second = await takeOver(world);
      assertEquals((await second.play()).map((d) => [d.version, d.attempt]), [[1, 2], [2, 1]]);
    },
  },
  {
    name: "outputs are stored once when the owner changes between two tries (I2)",
    async run(world) {
      const { backend, feed } = await world.scene(2, 2, { renews: false });
      const batch = await feed.next();
      const outputs = deliveries(batch).map((d) => storeRow(outputOf(d), 0));
      const tried = settlement({ outputs });
      const half = deliveries(batch)[1]!.position;
      const begun = settlement({ outputs: outputs.slice(0, 2) });
      await feed.mailbox.settle({ ...batch, to: half }, begun);
      const second = await takeOver(world);
      await assertRejects(() => feed.mailbox.settle({ ...batch, from: half }, tried), Fenced);
      await second.mailbox.settle(await second.next(), tried);
      const stored = (await all(backend.readAll())).filter(({ event }) =>
        event.event_type === "case.analysis"
      );
      assertEquals(stored.map(({ event }) => event), deliveries(batch).map((d) => outputOf(d)));
    },
  },
  {
    name: "a lease that has run out may settle as long as nobody took it (I5)",
    async run(world) {
      const { feed } = await world.scene(1, 1, { renews: false });
      const batch = await feed.next();
      await world.harness.advance(world.harness.leaseMs + 50);
      await feed.mailbox.settle(batch, settlement());
      await feed.silence();
    },
  },
  {
    name: "an owner that renews keeps its leases past their time",
    async run(world) {
      const { backend, feed } = await world.scene(1, 1);
      await world.harness.advance(3 * world.harness.leaseMs);
      const { mailboxes } = await backend.health();
      assertEquals(
        mailboxes.map(({ epoch, leaseMs }) => [epoch, leaseMs > 0]),
        mailboxes.map(() => [1, true]),
      );
      assert(!feed.mailbox.revoked.aborted);
      assertEquals((await feed.play()).length, 1);
    },
  },
  {
    name: "two owners share the partitions, and a third gets its part",
    async run(world) {
      const nodes = [await world.harness.backend("one")];
      const total = nodes[0]!.partitions;
      const held = [holdings(world, nodes[0]!)];
      await world.until("the first owner has everything", () => held[0]!().length === total);
      for (const name of ["two", "three"].slice(0, total - 1)) {
        nodes.push(await world.harness.backend(name));
        held.push(holdings(world, nodes.at(-1)!));
        const most = Math.ceil(total / nodes.length);
        await world.until(`${nodes.length} owners have no more than ${most} each`, () => {
          const counts = held.map((mine) => mine().length);
          return Math.max(...counts) <= most && counts.reduce((sum, n) => sum + n, 0) === total;
        });
      }
    },
  },
  {
    name: "an owner that died and comes back beside another leaves to it what is above its share (I1)",
    async run(world) {
      await world.mailboxes(await world.harness.backend("one", { renews: false }));
      const other = await world.harness.backend("two");
      const held = [holdings(world, other)];
      // So that the other is counted, while all leases of the first life still run.
      await world.harness.advance(0.4 * world.harness.leaseMs);
      assertEquals(held[0]!(), []);
      held.push(holdings(world, await world.harness.backend("one")));
      await world.until("each has its share", () => {
        const counts = held.map((mine) => mine().length);
        return Math.max(...counts) <= Math.ceil(other.partitions / 2) &&
          counts.reduce((sum, n) => sum + n, 0) === other.partitions;
      });
    },
  },
  {
    name: "a lease that is to be handed over is kept until its mailbox is closed (I5)",
    async run(world) {
      const [one, two] = [await world.harness.backend("one"), await world.harness.backend("two")];
      const mine = await world.mailboxes(one);
      const second = holdings(world, two);
      await world.until("one is to be handed over", () => mine.some(({ revoked }) => revoked.aborted));
      const handed = mine.find(({ revoked }) => revoked.aborted)!;
      await world.harness.advance(2 * world.harness.leaseMs);
      const health = (await one.health()).mailboxes.find(({ partition, processor }) =>
        processor === INTAKE.name && partition === handed.partition
      )!;
      assertEquals([health.epoch, health.leaseMs > 0], [handed.epoch, true]);
      await handed.close();
      await world.until(
        "the second owner has it",
        () => second().some(({ partition }) => partition === handed.partition),
      );
    },
  },
  {
    name: "an owner that closes hands its partitions over",
    async run(world) {
      const [one, two] = [await world.harness.backend("one"), await world.harness.backend("two")];
      const first = holdings(world, one);
      await world.until("the first owner has everything", () => first().length === one.partitions);
      const second = holdings(world, two);
      await one.close();
      assertEquals(first(), []);
      const beforeTheyExpire = 0.6 * world.harness.leaseMs;
      const hasAll = () => second().length === two.partitions;
      await world.until("the second owner has everything", hasAll, beforeTheyExpire);
    },
  },
  {
    name:
      "partitions move between owners under load: nothing lost, repeated or out of order (I1, I2, I3, I5)",
    async run(world) {
      const [one, two] = [
        await world.harness.backend("one", { batchSize: 5 }),
        await world.harness.backend("two", { batchSize: 5 }),
      ];
      const journal = new Journal();
      const ids: string[] = [];
      const appendMore = async (n: number) => {
        const events = Array.from({ length: 30 }, (_, i) => anEvent(`case-${i}`, n));
        ids.push(...events.map(({ event_id }) => event_id));
        await two.append(events);
      };
      await appendMore(1);
      void world.run(consume(one, journal, world.signal));
      await world.until("the first round is done", () => journal.done.length >= 30);
      void world.run(consume(two, journal, world.signal));
      for (let n = 2; n <= 10; n++) {
        await appendMore(n);
        await world.harness.advance(20);
      }
      await world.until("ten rounds are done", () => journal.done.length >= 300);
      await one.close();
      await appendMore(11);
      await world.until("the last round is done", () => journal.done.length >= 330);
      journal.assertOnceInOrder(ids);
      assertEquals((await all(two.readAll({ types: ["case.analysis"] }))).length, 330, "one output each");
    },
  },
];
