/** Conformance: passes that come to nothing, and what is left to the plain way. @module */
import { assert, assertEquals } from "@std/assert";
import { decodeLines, parseLine } from "../../../schema/delivery_line.ts";
import { anEvent, casesIn } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deadOf, outputOf, retryOf, settlement } from "../outcomes.ts";
import { ANALYSIS, analysisOf, deliveriesOf, historyOf, settlementOf, setUp } from "../passes.ts";

export const refusedPassCases: ConformanceCase[] = [
  {
    name: "a pass is refused whole when something came that it should have handled before (I1, I3)",
    async run(fixture) {
      const set = await setUp(fixture, 1);
      if (set === undefined) return;
      const [other] = casesIn(0, set.backend.partitions, 2).slice(1);
      const whole = settlementOf(await set.fetch());
      await set.backend.append([analysisOf(other!)]);
      assertEquals(await set.commit(whole), "behind");
      assertEquals(await historyOf(set.backend, set.cases[0]!), ["1 case.intake"]);
      const again = await set.fetch();
      assertEquals(deliveriesOf(again).map(({ event }) => event.event_type), [
        "case.intake",
        "case.analysis",
      ]);
      assertEquals(await set.commit(settlementOf(again)), "settled");
      await set.assertDone();
    },
  },
  {
    name: "what comes for a processor that handled nothing the pass made does not stop it, and is delivered",
    async run(fixture) {
      const set = await setUp(fixture, 1);
      if (set === undefined) return;
      const whole = settlementOf(await set.fetch());
      const [other] = casesIn(0, set.backend.partitions, 2).slice(1);
      await set.backend.append([anEvent(other!, 1)]);
      assertEquals(await set.commit(whole), "settled");
      assertEquals(deliveriesOf(await set.fetch()).map(({ event }) => event.correlation_id), [other]);
    },
  },
  ...[0, 60].map((extra): ConformanceCase => ({
    name: `a pass is refused whole when another event took the version of an output, one of ${
      1 + extra
    } (I3)`,
    async run(fixture) {
      const set = await setUp(fixture, 2);
      if (set === undefined) return;
      const whole = settlementOf(await set.fetch(), { extra });
      await set.backend.append([anEvent(set.cases[1]!, 2, "case.withdrawn")]);
      assertEquals(await set.commit(whole), "behind");
      assertEquals(await historyOf(set.backend, set.cases[0]!), ["1 case.intake"]);
      assertEquals((await set.fetch()).count, 2);
    },
  })),
  {
    name: "an output whose id is stored already is none that a pass may store (I2)",
    async run(fixture) {
      const set = await setUp(fixture, 2);
      if (set === undefined) return;
      const fetched = await set.fetch();
      const whole = settlementOf(fetched);
      await set.backend.append([outputOf(deliveriesOf(fetched)[1]!)]);
      assertEquals(await set.commit({ ...whole, moves: whole.moves.slice(0, 1) }), "behind");
      assertEquals((await historyOf(set.backend, set.cases[0]!)).length, 1);
    },
  },
  {
    name: "a pass is fenced whole when the lease of one of its processors has moved (I5)",
    async run(fixture) {
      const set = await setUp(fixture, 1, { renews: false });
      if (set === undefined) return;
      const whole = settlementOf(await set.fetch());
      await fixture.harness.advance(fixture.harness.leaseMs + 100);
      const second = await fixture.harness.backend("second");
      await fixture.mailboxes(second, ANALYSIS);
      assertEquals(await set.commit(whole), "fenced");
      assertEquals(await historyOf(second, set.cases[0]!), ["1 case.intake"]);
      assertEquals((await set.fetch()).kind, "fenced");
    },
  },
  {
    name: "a line says that its case is parked for one of the processors, whichever takes it (I3)",
    async run(fixture) {
      const set = await setUp(fixture, 0);
      if (set === undefined) return;
      const [a, b] = casesIn(0, set.backend.partitions, 2);
      await set.backend.append([analysisOf(a!)]);
      const [, analysis] = set.mailboxes;
      await fixture.read(analysis!).settleNext(() => "dead");
      await set.backend.append([anEvent(a!, 2), anEvent(b!, 1)]);
      const fetched = await set.fetch();
      assertEquals(fetched.kind, "pass");
      assertEquals(deliveriesOf(fetched).map(({ event, held }) => [event.correlation_id, held]), [[a, true], [
        b,
        false,
      ]]);
    },
  },
  {
    name: "what is parked is left to the plain way once it is due, and until then its time is told",
    async run(fixture) {
      const set = await setUp(fixture, 1);
      if (set === undefined) return;
      const reader = fixture.read(set.mailboxes[0]!);
      const batch = await reader.next();
      const [delivery] = decodeLines(batch.lines).map(parseLine);
      await reader.mailbox.settle(batch, settlement({ failures: [retryOf(delivery!, 400)] }));
      const early = await set.fetch();
      assertEquals(early.kind, "empty");
      assert(early.nextDueMs > 0 && early.nextDueMs <= 400);
      await fixture.harness.advance(500);
      assertEquals((await set.fetch()).kind, "plain");
      const again = await reader.next();
      await reader.mailbox.settle(
        again,
        settlement({ failures: [deadOf(decodeLines(again.lines).map(parseLine)[0]!)] }),
      );
      const dead = await set.fetch();
      assertEquals([dead.kind, dead.nextDueMs], ["empty", Infinity]);
    },
  },
];
