/** Conformance: settling, the one place where outcomes become durable. @module */
import { linesOf } from "../../../backends/mailbox/batch.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { anEvent, casesIn } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deadOf, deliveries, heldOf, outputOf, retryOf, settlement } from "../outcomes.ts";
import { collect, idsOf, INTAKE } from "../fixture.ts";

export const settleCases: ConformanceCase[] = [
  {
    name: "settle() stores the outputs, in order, behind their case",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 2);
      const batch = await reader.next();
      const outputs = deliveries(batch).flatMap((d) => [outputOf(d, 0), outputOf(d, 1)]);
      await reader.mailbox.settle(batch, settlement({ outputs: outputs.map((event) => storeRow(event, 0)) }));
      const history = await collect(backend.readCase(a!));
      assertEquals(history.map(({ version }) => version), [1, 2, 3, 4, 5, 6]);
      assertEquals(history.slice(2).map(({ event }) => event), outputs);
      assertEquals((await collect(backend.readAll())).length, 6);
    },
  },
  {
    name: "outputs are delivered to the processors that take them (I1)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1);
      const analysis = await fixture.reader(backend, 0, {
        name: "analysis",
        version: 1,
        takes: ["case.analysis"],
      });
      await analysis.assertNoBatch();
      const batch = await reader.next();
      const output = outputOf(deliveries(batch)[0]!);
      await reader.mailbox.settle(batch, settlement({ outputs: [storeRow(output, 0)] }));
      assertEquals((await analysis.settleNext()).map(({ event }) => event), [output]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "an output keeps the two decimals of its amounts",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1);
      const analysis = await fixture.reader(backend, 0, {
        name: "analysis",
        version: 1,
        takes: ["case.analysis"],
      });
      const batch = await reader.next();
      const row = storeRow({ ...outputOf(deliveries(batch)[0]!), data: { saved: "amount" } }, 0);
      await reader.mailbox.settle(batch, settlement({ outputs: [row.replace('"amount"', "300.00")] }));
      assertEquals(linesOf(await analysis.next())[0]!.includes("300.00"), true);
    },
  },
  {
    name: "a batch that is settled twice changes nothing the second time (I2)",
    async run(fixture) {
      const { backend, cases: [, b], reader } = await fixture.setUp(2, 1);
      const batch = await reader.next();
      const [first, second] = deliveries(batch);
      const whole = settlement({
        outputs: [storeRow(outputOf(first!), 0)],
        failures: [deadOf(second!)],
      });
      await reader.mailbox.settle(batch, whole);
      await reader.mailbox.settle(batch, whole);
      assertEquals((await collect(backend.readAll())).length, 3);
      const [letter] = await backend.deadLetters.list();
      assertEquals([letter!.caseId, letter!.attempts, letter!.failures.length], [b, 1, 1]);
      assertEquals((await backend.audit(b!)).length, 1);
      await reader.assertNoBatch();
    },
  },
  {
    name: "outputs whose ids are stored are not stored again, by whatever batch (I2)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 2);
      const batch = await reader.next();
      const [first, second] = deliveries(batch);
      const rows = [storeRow(outputOf(first!), 0)];
      await reader.mailbox.settle({ ...batch, to: first!.position }, settlement({ outputs: rows }));
      await reader.mailbox.settle(
        { ...batch, from: first!.position },
        settlement({ outputs: [...rows, ...rows] }),
      );
      const stored = idsOf(await collect(backend.readAll()));
      assertEquals(stored, [first!.event.event_id, second!.event.event_id, outputOf(first!).event_id]);
    },
  },
  {
    name: "a batch can be settled in parts, in order",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 6);
      const batch = await reader.next();
      const at = deliveries(batch).map(({ position }) => position);
      await reader.mailbox.settle({ ...batch, to: at[1]! }, settlement());
      await reader.mailbox.settle({ ...batch, from: at[1]!, to: at[3]! }, settlement());
      assertEquals((await reader.settleNext()).map((d) => d.version), [5, 6]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "a batch of which a part is settled can't be settled whole: the rest is delivered anew (I2)",
    async run(fixture) {
      const { reader } = await fixture.setUp(3, 1);
      const batch = await reader.next();
      const [first, second, third] = deliveries(batch);
      const failures = [retryOf(first!, 800)];
      await reader.mailbox.settle({ ...batch, to: second!.position }, settlement({ failures }));
      await assertRejects(() => reader.mailbox.settle(batch, settlement({ failures })), Error);
      assertEquals((await reader.settleNext()).map((d) => d.position), [third!.position]);
      assertEquals((await reader.settleNext()).map((d) => [d.position, d.attempt]), [[first!.position, 2]]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "a later part can't be settled before an earlier one (I1)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 4);
      const batch = await reader.next();
      const second = deliveries(batch)[1]!.position;
      await assertRejects(() => reader.mailbox.settle({ ...batch, from: second }, settlement()));
      assertEquals((await reader.settleNext()).map((d) => d.version), [1, 2, 3, 4]);
    },
  },
  {
    name: "settle() stores everything or nothing: an output that is no event leaves the batch unsettled",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 2);
      const batch = await reader.next();
      const [first, second] = deliveries(batch);
      const outputs = [storeRow(outputOf(first!), 0), "{ no JSON"];
      const broken = settlement({ outputs, failures: [deadOf(second!)] });
      await assertRejects(() => reader.mailbox.settle(batch, broken));
      assertEquals((await collect(backend.readAll())).length, 2);
      assertEquals(await backend.deadLetters.count(), 0);
      assertEquals(await backend.audit(a!), []);
      assertEquals(await reader.next(), batch);
    },
  },
  {
    name: "a batch of nothing but held deliveries moves the checkpoint and loses none (I1)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 1);
      await reader.settleNext(() => "dead");
      await backend.append([anEvent(a!, 2), anEvent(a!, 3)]);
      const batch = await reader.next();
      assertEquals(deliveries(batch).map(({ held }) => held), [true, true]);
      await reader.mailbox.settle(batch, settlement({ failures: deliveries(batch).map(heldOf) }));
      await reader.assertNoBatch();
      await backend.deadLetters.discard({}, { by: "ann", why: "test" });
      assertEquals((await reader.settleNext()).map((d) => d.version), [2, 3]);
    },
  },
  {
    name: "outputs that are stored already are known, though the node has seen only the last of them (I2)",
    async run(fixture) {
      const producer = await fixture.harness.backend("producer");
      const [a] = casesIn(0, producer.partitions, 1);
      const outputs = [anEvent(a!, 2, "case.analysis"), anEvent(a!, 3, "case.decision")];
      await producer.append([anEvent(a!, 1), ...outputs]);
      const node = await fixture.harness.backend("node");
      const decided = { name: "decided", version: 1, takes: ["case.decision"] };
      assertEquals((await (await fixture.reader(node, 0, decided)).settleNext()).length, 1);
      const reader = await fixture.reader(node, 0, INTAKE);
      const batch = await reader.next();
      await reader.mailbox.settle(batch, settlement({ outputs: outputs.map((event) => storeRow(event, 0)) }));
      assertEquals((await collect(node.readCase(a!))).map(({ version }) => version), [1, 2, 3]);
    },
  },
];
