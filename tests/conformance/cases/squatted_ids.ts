/** Conformance: what is settled under an id that is stored already. @module */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { SettlementRefused } from "../../../backends/errors.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../schema/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { collect, idsOf } from "../fixture.ts";
import { deadOf, deliveries, outputOf, settlement } from "../outcomes.ts";

export const squattedIdCases: ConformanceCase[] = [
  {
    name:
      "an output whose id is stored with other content is refused with all of its settlement, never taken for done",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(2, 1);
      const batch = await reader.next();
      const made = deliveries(batch).map((delivery) => outputOf(delivery));
      const squatted = made.find(({ correlation_id }) => correlation_id === a)!;
      await backend.append([{ ...squatted, data: { ...squatted.data, index: 1_000 } }]);
      const outputs = made.map((event) => storeRow(event, reader.mailbox.partition));
      await assertRejects(() => reader.mailbox.settle(batch, settlement({ outputs })), SettlementRefused);
      assertEquals((await collect(backend.readAll())).length, 3, "nothing of it is stored");
      const blamed = deliveries(batch).find(({ event }) => event.correlation_id === a)!;
      const others = outputs.filter((_, i) => made[i] !== squatted);
      await reader.mailbox.settle(batch, settlement({ outputs: others, failures: [deadOf(blamed)] }));
      const [dead] = await backend.deadLetters.list();
      assertEquals([dead?.caseId, dead?.event.event.event_id], [a, blamed.event.event_id]);
      assertEquals((await collect(backend.readAll())).length, 4, "the other case has its output");
    },
  },
  {
    name:
      "an output whose id another case has taken is stored all the same, or refused with its delivery alone: no other waits",
    async run(fixture) {
      const { backend, cases: [a, b], reader } = await fixture.setUp(2, 1);
      const batch = await reader.next();
      const made = deliveries(batch).map((delivery) => outputOf(delivery));
      const squatted = made.find(({ correlation_id }) => correlation_id === a)!;
      await backend.append([{ ...squatted, correlation_id: b!, data: { ...squatted.data, case_id: b! } }]);
      const rowOf = (event: WireEvent) => storeRow(event, reader.mailbox.partition);
      const settle = (outputs: readonly WireEvent[], failures: ReturnType<typeof deadOf>[] = []) =>
        reader.mailbox.settle(batch, settlement({ outputs: outputs.map(rowOf), failures }));
      if (backend.features.ids === "case") await settle(made);
      else {
        await assertRejects(() => settle(made), SettlementRefused);
        const blamed = deliveries(batch).find(({ event }) => event.correlation_id === a)!;
        await settle(made.filter((event) => event !== squatted), [deadOf(blamed)]);
      }
      const own = (await collect(backend.readCase(b!))).map(({ event }) => event.event_id);
      assert(own.includes(made.find(({ correlation_id }) => correlation_id === b)!.event_id));
      assertEquals((await collect(backend.readCase(a!))).length, backend.features.ids === "case" ? 2 : 1);
    },
  },
  {
    name:
      "an output whose id is stored with the same content is a duplicate, and its settlement is done (I2)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 1);
      const batch = await reader.next();
      const output = outputOf(deliveries(batch)[0]!);
      await backend.append([{ ...output, metadata: { ...output.metadata, marks: ["late"] } }]);
      const outputs = [storeRow(output, reader.mailbox.partition)];
      await reader.mailbox.settle(batch, settlement({ outputs }));
      assertEquals(idsOf(await collect(backend.readCase(a!))).length, 2);
      await reader.assertNoBatch();
    },
  },
  {
    name: "a store has a secret of 32 random bytes, the same for each of its nodes",
    async run(fixture) {
      const one = await fixture.harness.backend();
      const secrets = await Promise.all([one, await fixture.harness.backend()].map((node) => node.secret()));
      assertEquals(secrets[0], secrets[1]);
      assert(/^[\w+/-]{43}=?$/.test(secrets[0]!), "32 bytes in base64");
      assert(!JSON.stringify([await one.health(), await one.measure()]).includes(secrets[0]!));
      assertNotEquals(new Set(secrets[0]).size, 1);
    },
  },
];
