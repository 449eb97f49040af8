/** Conformance: settling, the one place where outcomes become durable. @module */
import { linesOf } from "../../backends/mailbox.ts";
import { storeRow } from "../../schema/stored_event.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { anEvent, casesIn } from "../support/events.ts";
import type { ConformanceCase } from "./harness.ts";
import { deadOf, deliveries, heldOf, outputOf, retryOf, settlement } from "./outcomes.ts";
import { all, idsOf, INTAKE } from "./world.ts";

export const settleCases: ConformanceCase[] = [
  {
    name: "settle() stores the outputs, in order, behind their case",
    async run(world) {
      const { backend, cases: [a], feed } = await world.scene(1, 2);
      const batch = await feed.next();
      const outputs = deliveries(batch).flatMap((d) => [outputOf(d, 0), outputOf(d, 1)]);
      await feed.mailbox.settle(batch, settlement({ outputs: outputs.map((event) => storeRow(event, 0)) }));
      const story = await all(backend.readCase(a!));
      assertEquals(story.map(({ version }) => version), [1, 2, 3, 4, 5, 6]);
      assertEquals(story.slice(2).map(({ event }) => event), outputs);
      assertEquals((await all(backend.readAll())).length, 6);
    },
  },
  {
    name: "outputs are delivered to the processors that take them (I1)",
    async run(world) {
      const { backend, feed } = await world.scene(1, 1);
      const analysis = await world.feed(backend, 0, {
        name: "analysis",
        version: 1,
        takes: ["case.analysis"],
      });
      await analysis.silence();
      const batch = await feed.next();
      const output = outputOf(deliveries(batch)[0]!);
      await feed.mailbox.settle(batch, settlement({ outputs: [storeRow(output, 0)] }));
      assertEquals((await analysis.play()).map(({ event }) => event), [output]);
      await feed.silence();
    },
  },
  {
    name: "an output keeps the two decimals of its amounts",
    async run(world) {
      const { backend, feed } = await world.scene(1, 1);
      const analysis = await world.feed(backend, 0, {
        name: "analysis",
        version: 1,
        takes: ["case.analysis"],
      });
      const batch = await feed.next();
      const row = storeRow({ ...outputOf(deliveries(batch)[0]!), data: { saved: "amount" } }, 0);
      await feed.mailbox.settle(batch, settlement({ outputs: [row.replace('"amount"', "300.00")] }));
      assertEquals(linesOf(await analysis.next())[0]!.includes("300.00"), true);
    },
  },
  {
    name: "a batch that is settled twice changes nothing the second time (I2)",
    async run(world) {
      const { backend, cases: [, b], feed } = await world.scene(2, 1);
      const batch = await feed.next();
      const [first, second] = deliveries(batch);
      const whole = settlement({
        outputs: [storeRow(outputOf(first!), 0)],
        exceptions: [deadOf(second!)],
      });
      await feed.mailbox.settle(batch, whole);
      await feed.mailbox.settle(batch, whole);
      assertEquals((await all(backend.readAll())).length, 3);
      const [letter] = await backend.deadLetters.list();
      assertEquals([letter!.caseId, letter!.attempts, letter!.failures.length], [b, 1, 1]);
      assertEquals((await backend.audit(b!)).length, 1);
      await feed.silence();
    },
  },
  {
    name: "outputs whose ids are stored are not stored again, by whatever batch (I2)",
    async run(world) {
      const { backend, feed } = await world.scene(1, 2);
      const batch = await feed.next();
      const [first, second] = deliveries(batch);
      const rows = [storeRow(outputOf(first!), 0)];
      await feed.mailbox.settle({ ...batch, to: first!.position }, settlement({ outputs: rows }));
      await feed.mailbox.settle(
        { ...batch, from: first!.position },
        settlement({ outputs: [...rows, ...rows] }),
      );
      const stored = idsOf(await all(backend.readAll()));
      assertEquals(stored, [first!.event.event_id, second!.event.event_id, outputOf(first!).event_id]);
    },
  },
  {
    name: "a batch can be settled in parts, in order",
    async run(world) {
      const { feed } = await world.scene(1, 6);
      const batch = await feed.next();
      const at = deliveries(batch).map(({ position }) => position);
      await feed.mailbox.settle({ ...batch, to: at[1]! }, settlement());
      await feed.mailbox.settle({ ...batch, from: at[1]!, to: at[3]! }, settlement());
      assertEquals((await feed.play()).map((d) => d.version), [5, 6]);
      await feed.silence();
    },
  },
  {
    name: "a batch of which a part is settled can't be settled whole: the rest is delivered anew (I2)",
    async run(world) {
      const { feed } = await world.scene(3, 1);
      const batch = await feed.next();
      const [first, second, third] = deliveries(batch);
      const exceptions = [retryOf(first!, 800)];
      await feed.mailbox.settle({ ...batch, to: second!.position }, settlement({ exceptions }));
      await assertRejects(() => feed.mailbox.settle(batch, settlement({ exceptions })), Error);
      assertEquals((await feed.play()).map((d) => d.position), [third!.position]);
      assertEquals((await feed.play()).map((d) => [d.position, d.attempt]), [[first!.position, 2]]);
      await feed.silence();
    },
  },
  {
    name: "a later part can't be settled before an earlier one (I1)",
    async run(world) {
      const { feed } = await world.scene(1, 4);
      const batch = await feed.next();
      const second = deliveries(batch)[1]!.position;
      await assertRejects(() => feed.mailbox.settle({ ...batch, from: second }, settlement()));
      assertEquals((await feed.play()).map((d) => d.version), [1, 2, 3, 4]);
    },
  },
  {
    name: "settle() stores everything or nothing: an output that is no event leaves the batch unsettled",
    async run(world) {
      const { backend, cases: [a], feed } = await world.scene(1, 2);
      const batch = await feed.next();
      const [first, second] = deliveries(batch);
      const outputs = [storeRow(outputOf(first!), 0), "{ no JSON"];
      const broken = settlement({ outputs, exceptions: [deadOf(second!)] });
      await assertRejects(() => feed.mailbox.settle(batch, broken));
      assertEquals((await all(backend.readAll())).length, 2);
      assertEquals(await backend.deadLetters.count(), 0);
      assertEquals(await backend.audit(a!), []);
      assertEquals(await feed.next(), batch);
    },
  },
  {
    name: "a batch of nothing but held deliveries moves the checkpoint and loses none (I1)",
    async run(world) {
      const { backend, cases: [a], feed } = await world.scene(1, 1);
      await feed.play(() => "dead");
      await backend.append([anEvent(a!, 2), anEvent(a!, 3)]);
      const batch = await feed.next();
      assertEquals(deliveries(batch).map(({ held }) => held), [true, true]);
      await feed.mailbox.settle(batch, settlement({ exceptions: deliveries(batch).map(heldOf) }));
      await feed.silence();
      await backend.deadLetters.discard({}, { by: "ann", why: "test" });
      assertEquals((await feed.play()).map((d) => d.version), [2, 3]);
    },
  },
  {
    name: "outputs that are stored already are known, though the node has seen only the last of them (I2)",
    async run(world) {
      const producer = await world.harness.backend("producer");
      const [a] = casesIn(0, producer.partitions, 1);
      const outputs = [anEvent(a!, 2, "case.analysis"), anEvent(a!, 3, "case.decision")];
      await producer.append([anEvent(a!, 1), ...outputs]);
      const node = await world.harness.backend("node");
      const decided = { name: "decided", version: 1, takes: ["case.decision"] };
      assertEquals((await (await world.feed(node, 0, decided)).play()).length, 1);
      const feed = await world.feed(node, 0, INTAKE);
      const batch = await feed.next();
      await feed.mailbox.settle(batch, settlement({ outputs: outputs.map((event) => storeRow(event, 0)) }));
      assertEquals((await all(node.readCase(a!))).map(({ version }) => version), [1, 2, 3]);
    },
  },
];
