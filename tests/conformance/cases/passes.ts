/** Conformance: passes, in which the processors of a partition are read and settled together. @module */
import { assert, assertEquals } from "@std/assert";
import { anEvent, casesIn } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { collect } from "../fixture.ts";
import { timerOf } from "../outcomes.ts";
import { analysisOf, deliveriesOf, historyOf, settlementOf, setUp } from "../passes.ts";

export const passCases: ConformanceCase[] = [
  {
    name: "a pass reads what all its processors take, every event once and in order",
    async run(fixture) {
      const set = await setUp(fixture, 2);
      if (set === undefined) return;
      await set.backend.append([
        analysisOf(set.cases[0]!),
        anEvent(set.cases[1]!, 2),
        anEvent(set.cases[1]!, 3, "case.withdrawn"),
      ]);
      const fetched = await set.fetch();
      const read = deliveriesOf(fetched);
      assertEquals([fetched.kind, fetched.count, fetched.nextDueMs], ["pass", 4, Infinity]);
      assertEquals(read.map(({ version, event }) => `${version} ${event.event_type}`), [
        "1 case.intake",
        "1 case.intake",
        "2 case.analysis",
        "2 case.intake",
      ]);
      assertEquals(fetched.parts, [
        { processor: "intake", from: 0, to: read[3]!.position, isCaughtUp: true },
        { processor: "analysis", from: 0, to: read[2]!.position, isCaughtUp: true },
      ]);
    },
  },
  {
    name: "a pass settles everything in one act: what was handled within it is delivered to nobody (I1, I2)",
    async run(fixture) {
      const set = await setUp(fixture, 2);
      if (set === undefined) return;
      assertEquals(await set.commit(settlementOf(await set.fetch())), "settled");
      for (const caseId of set.cases) {
        assertEquals(await historyOf(set.backend, caseId), ["1 case.intake", "2 case.analysis"]);
      }
      assertEquals((await set.fetch()).kind, "empty");
      await set.assertDone();
    },
  },
  {
    name: "what a pass made and nobody in it handled is delivered (I1)",
    async run(fixture) {
      const set = await setUp(fixture, 1);
      if (set === undefined) return;
      assertEquals(await set.commit(settlementOf(await set.fetch(), { isChained: false })), "settled");
      const next = await set.fetch();
      assertEquals(deliveriesOf(next).map(({ event }) => event.event_type), ["case.analysis"]);
      assertEquals(await set.commit(settlementOf(next)), "settled");
      await set.assertDone();
    },
  },
  {
    name: "a pass that is settled twice changes nothing the second time (I2)",
    async run(fixture) {
      const set = await setUp(fixture, 1);
      if (set === undefined) return;
      const whole = settlementOf(await set.fetch());
      assertEquals(await set.commit(whole), "settled");
      assertEquals(await set.commit(whole), "already");
      await set.backend.append([anEvent(set.cases[0]!, 2), analysisOf(set.cases[0]!)]);
      assertEquals(await set.commit(whole), "already");
      assertEquals((await historyOf(set.backend, set.cases[0]!)).length, 4);
      assertEquals((await set.fetch()).count, 2);
    },
  },
  {
    name: "a pass with many outputs is settled in one act, in their order",
    async run(fixture) {
      const set = await setUp(fixture, 2);
      if (set === undefined) return;
      const whole = settlementOf(await set.fetch(), { extra: 79 });
      assertEquals(await set.commit(whole), "settled");
      assertEquals(await set.commit(whole), "already");
      for (const caseId of set.cases) {
        const history = await collect(set.backend.readCase(caseId));
        assertEquals(history.map(({ version }) => version), Array.from({ length: 81 }, (_, i) => i + 1));
        assertEquals(
          history.slice(1).map(({ event }) => event.data.index),
          Array.from({ length: 80 }, (_, i) => i),
        );
      }
      await set.assertDone();
    },
  },
  {
    name: "a pass is cut for each processor by itself, and says who is not caught up",
    async run(fixture) {
      const set = await setUp(fixture, 5, { batchSize: 2 });
      if (set === undefined) return;
      await set.backend.append([analysisOf(set.cases[4]!)]);
      const first = await set.fetch();
      const read = deliveriesOf(first);
      assertEquals(read.map(({ event }) => event.event_type), [
        "case.intake",
        "case.intake",
        "case.analysis",
      ]);
      assertEquals(first.parts.map(({ to, isCaughtUp }) => [to, isCaughtUp]), [
        [read[1]!.position, false],
        [read[2]!.position, true],
      ]);
      assertEquals(await set.commit(settlementOf(first)), "settled");
      assertEquals(
        deliveriesOf(await set.fetch()).map(({ event }) => event.correlation_id),
        set.cases.slice(2, 4),
      );
    },
  },
  {
    name: "a pass has no more bytes than a batch, and what is larger is left to the plain way (I6)",
    async run(fixture) {
      const set = await setUp(fixture, 8, { batchBytes: 1_500 });
      if (set === undefined) return;
      const fetched = await set.fetch();
      assertEquals(fetched.kind, "pass");
      assert(fetched.lines.length <= 1_500 && fetched.count < 8 && fetched.count > 0);
      await set.commit(settlementOf(fetched));
      const long = anEvent("", 1, "case.analysis");
      const [caseId] = set.cases;
      await set.backend.append([{
        ...long,
        correlation_id: caseId!,
        data: { ...long.data, case_id: caseId!, text: "x".repeat(1_500) },
      }]);
      assertEquals((await set.fetch()).kind, "plain");
    },
  },
  {
    name: "a timer that a pass sets fires",
    async run(fixture) {
      const set = await setUp(fixture, 1);
      if (set === undefined) return;
      const fetched = await set.fetch();
      const timer = timerOf("soon", 1_000, anEvent(set.cases[0]!, 9, "case.term_expired"), 0);
      assertEquals(await set.commit(settlementOf(fetched, { timers: [timer] })), "settled");
      await fixture.until(
        "the timer has fired",
        async () => (await historyOf(set.backend, set.cases[0]!)).length === 3,
      );
      assertEquals((await historyOf(set.backend, set.cases[0]!))[2], "3 case.term_expired");
    },
  },
  {
    name: "a feed is told of what comes for any of its processors",
    async run(fixture) {
      const set = await setUp(fixture, 0);
      if (set === undefined) return;
      assertEquals((await set.fetch()).kind, "empty");
      let isNotified = false;
      const notified = fixture.run(
        set.feed.wait(Infinity, fixture.signal).then(() => void (isNotified = true)),
      );
      await fixture.harness.advance(10);
      assertEquals(isNotified, false);
      await set.backend.append([analysisOf(casesIn(0, set.backend.partitions, 1)[0]!)]);
      await fixture.waitFor("the feed is told", notified);
      assertEquals((await set.fetch()).count, 1);
    },
  },
];
