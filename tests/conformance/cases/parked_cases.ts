/** Conformance: a failure parks its own case, and the case comes back in order. @module */
import { assert, assertEquals } from "@std/assert";
import { sliceBatch } from "../../../backends/mailbox/batch.ts";
import { anEvent } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deadOf, deliveries, type Delivery, heldOf, retryOf, settleBatch, settlement } from "../outcomes.ts";

/** Long enough to see that nothing comes, also where time is real. */
const DELAY_MS = 2_000;

const ANN = { by: "ann", why: "the creditor mended it" };

/** A worker that fails on deliveries it has not seen this often. */
function failsUntilAttempt(attempt: number, version: number, retryAfterMs = 10) {
  return (d: Delivery) => d.version === version && d.attempt < attempt ? { retryAfterMs } : "done" as const;
}

function versionsAndAttempts(seen: readonly Delivery[]): [number, number][] {
  return seen.map(({ version, attempt }) => [version, attempt]);
}

export const parkingCases: ConformanceCase[] = [
  {
    name: "retry() makes what waits for its time due at once, in order, its attempts counted on (I3)",
    async run(fixture) {
      const { cases: [a, b], backend, reader } = await fixture.setUp(2, 2);
      const never = 100_000_000;
      await reader.settleNext(({ version }) => version === 1 ? { retryAfterMs: never } : "done");
      assertEquals(await backend.parked.count(), 2);
      const [head] = await backend.parked.list({ caseId: a! });
      const { processor, caseId, attempts, held, failures, dueAt, since } = head!;
      assertEquals([processor, caseId, attempts, held, failures.length], ["intake", a, 1, 1, 1]);
      assert(Date.parse(dueAt) > Date.parse(since) + never / 2);
      await reader.assertNoBatch(100);
      assertEquals(await backend.parked.retry({ caseId: a! }, ANN), 1);
      assertEquals(versionsAndAttempts(await reader.settleNext()), [[1, 2], [2, 1]]);
      await reader.assertNoBatch();
      const { act, by, why, processor: of } = (await backend.audit(a!)).at(-1)!;
      assertEquals([act, by, why, of], ["retry_now", "ann", ANN.why, "intake"]);
      assertEquals((await backend.parked.list()).map(({ caseId }) => caseId), [b]);
      assertEquals(await backend.parked.retry({ processor: "other" }, ANN), 0);
      assertEquals(await backend.deadLetters.count(), 0);
    },
  },
  {
    name: "a failing delivery parks its own case; others go on (I3)",
    async run(fixture) {
      const { cases: [a, b], backend, reader } = await fixture.setUp(2, 3);
      const fails = ({ event }: Delivery) =>
        event.correlation_id === a ? { retryAfterMs: 60_000 } : "done" as const;
      assertEquals((await reader.settleNext(fails)).length, 6);
      await reader.assertNoBatch();
      await backend.append([anEvent(b!, 4)]);
      assertEquals((await reader.settleNext()).map((d) => [d.event.correlation_id, d.version]), [[b, 4]]);
    },
  },
  {
    name: "a retry comes back after its delay with attempt 2, and what was held follows in order (I3)",
    async run(fixture) {
      const { cases: [a], reader } = await fixture.setUp(2, 3);
      const batch = await reader.next();
      const fails = ({ event, attempt }: Delivery) =>
        event.correlation_id === a && attempt === 1 ? { retryAfterMs: DELAY_MS } : "done" as const;
      await reader.mailbox.settle(batch, settleBatch(batch, fails));
      await reader.assertNoBatch(100);
      const again = await reader.next();
      assertEquals(again.kind, "redelivery");
      assertEquals(deliveries(again).map((d) => d.event.correlation_id), [a, a, a]);
      assertEquals(versionsAndAttempts(deliveries(again)), [[1, 2], [2, 1], [3, 1]]);
      assertEquals(deliveries(again).map(({ held }) => held), [false, false, false]);
      await reader.mailbox.settle(again, settlement());
      await reader.assertNoBatch();
    },
  },
  {
    name: "a redelivery that was not settled is delivered again, the same (I1)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 2);
      await reader.settleNext(() => ({ retryAfterMs: 1 }));
      const batch = await reader.next();
      assertEquals(await reader.next(), batch);
      await reader.mailbox.settle(batch, settlement());
      await reader.assertNoBatch();
    },
  },
  {
    name: "events that come while their case is parked are marked held, and follow when it goes on (I3)",
    async run(fixture) {
      const { cases: [a, b], backend, reader } = await fixture.setUp(2, 1);
      const fails = ({ event }: Delivery) =>
        event.correlation_id === a ? { retryAfterMs: DELAY_MS } : "done" as const;
      await reader.settleNext(fails);
      await backend.append([anEvent(a!, 2), anEvent(b!, 2), anEvent(a!, 3)]);
      const fresh = await reader.settleNext();
      assertEquals(fresh.map((d) => [d.event.correlation_id, d.version, d.held]), [
        [a, 2, true],
        [b, 2, false],
        [a, 3, true],
      ]);
      assertEquals(versionsAndAttempts(await reader.settleNext()), [[1, 2], [2, 1], [3, 1]]);
      await backend.append([anEvent(a!, 4)]);
      assertEquals((await reader.settleNext()).map((d) => [d.version, d.held]), [[4, false]]);
    },
  },
  {
    name: "a delivery that fails again and again counts every attempt",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 2);
      const seen = await reader.settleMany(8, failsUntilAttempt(4, 1));
      assertEquals(versionsAndAttempts(seen), [1, 2, 3, 4].flatMap((n) => [[1, n], [2, 1]]));
      await reader.assertNoBatch();
    },
  },
  {
    name: "a held delivery that fails in its turn is retried in its turn (I3)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 3);
      const fails = (d: Delivery) => d.version < 3 && d.attempt === 1 ? { retryAfterMs: 1 } : "done" as const;
      const seen = await reader.settleMany(8, fails);
      assertEquals(versionsAndAttempts(seen), [[1, 1], [2, 1], [3, 1], [1, 2], [2, 1], [3, 1], [2, 2], [
        3,
        1,
      ]]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "a redelivery that is settled twice counts one attempt (I2)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 2);
      await reader.settleNext(() => ({ retryAfterMs: 1 }));
      const batch = await reader.next();
      const [first, second] = deliveries(batch);
      const again = settlement({ failures: [retryOf(first!, 1), heldOf(second!)] });
      await reader.mailbox.settle(batch, again);
      await reader.mailbox.settle(batch, again);
      assertEquals(versionsAndAttempts(await reader.settleNext()), [[1, 3], [2, 1]]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "a redelivery that is settled again after its case went on does not park it again (I2)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 2);
      await reader.settleNext(() => ({ retryAfterMs: 1 }));
      const batch = await reader.next();
      const [first, second] = deliveries(batch);
      const again = settlement({ failures: [retryOf(first!, 1), heldOf(second!)] });
      await reader.mailbox.settle(batch, again);
      await reader.settleNext();
      await reader.mailbox.settle(batch, again);
      await reader.assertNoBatch();
      const { mailboxes } = await backend.health();
      assertEquals(mailboxes.map(({ parked }) => parked), mailboxes.map(() => 0));
    },
  },
  {
    name: "a redelivery that would overtake what waits before it in its case changes nothing (I3)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 3);
      await reader.settleNext(() => ({ retryAfterMs: 1 }));
      const batch = await reader.next();
      const [first, , third] = deliveries(batch);
      const head = sliceBatch(batch, 0, 1);
      await reader.mailbox.settle(head, settlement({ failures: [retryOf(first!, 1)] }));
      // As a worker sees it that is given the same batch once more, and in which the first delivery succeeds this time.
      await reader.mailbox.settle(head, settlement());
      await reader.mailbox.settle(sliceBatch(batch, 1, 3), settlement());
      await reader.mailbox.settle(sliceBatch(batch, 2, 3), settlement({ failures: [deadOf(third!)] }));
      assertEquals(await backend.deadLetters.count(), 0);
      assertEquals(versionsAndAttempts(await reader.settleNext()), [[1, 3], [2, 1], [3, 1]]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "a redelivery that is settled in another way the second time changes nothing then (I2, I4)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1);
      await reader.settleNext(() => ({ retryAfterMs: 1 }));
      const batch = await reader.next();
      const [only] = deliveries(batch);
      await reader.mailbox.settle(batch, settlement({ failures: [deadOf(only!)] }));
      await reader.mailbox.settle(batch, settlement());
      await reader.mailbox.settle(batch, settlement({ failures: [retryOf(only!, 1)] }));
      const [letter] = await backend.deadLetters.list();
      assertEquals([letter!.attempts, letter!.failures.length], [2, 2]);
      await reader.assertNoBatch();
    },
  },
  {
    name:
      "what becomes the head of its case is due at once, at its first attempt, and counts as retrying (I1, I3)",
    async run(fixture) {
      const { backend, cases: [a, b], reader } = await fixture.setUp(2, 3);
      const fails = ({ version, event }: Delivery) =>
        version > 1 ? "done" as const : event.correlation_id === a ? { retryAfterMs: 1 } : "dead" as const;
      await reader.settleNext(fails);
      const retrying = async () =>
        (await backend.health()).mailboxes.reduce((sum, each) => sum + each.retrying, 0);
      assertEquals(await retrying(), 1, "one of the six that are parked");
      const batch = await reader.next();
      await reader.mailbox.settle(sliceBatch(batch, 0, 1), settlement());
      assertEquals(await retrying(), 1, "the second delivery, which was held");
      const rest = deliveries(await reader.next());
      assertEquals(rest.map((d) => [d.event.correlation_id, d.version, d.attempt]), [[a, 2, 1], [a, 3, 1]]);
      await backend.deadLetters.discard({}, { by: "ann", why: "test" });
      assertEquals(await retrying(), 2);
      const both = await reader.settleNext();
      assertEquals(
        both.map((d) => [d.event.correlation_id, d.version]).sort(),
        [[a, 2], [a, 3], [b, 2], [b, 3]].sort(),
      );
      await reader.assertNoBatch();
    },
  },
  {
    name: "a delivery that is held for a case that is parked no more is due at once (I1)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 1);
      await reader.settleNext(() => "dead");
      await backend.append([anEvent(a!, 2)]);
      const batch = await reader.next();
      assertEquals(deliveries(batch).map(({ held }) => held), [true]);
      await backend.deadLetters.discard({}, { by: "ann", why: "test" });
      await reader.mailbox.settle(batch, settlement({ failures: deliveries(batch).map(heldOf) }));
      assertEquals(versionsAndAttempts(await reader.settleNext()), [[2, 1]]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "redeliveries are bounded by count, and the rest of the case follows in order (I3, I6)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 8, { batchSize: 3 });
      const seen: number[] = [];
      const slow = (d: Delivery) =>
        d.version === 1 && d.attempt === 1 ? { retryAfterMs: DELAY_MS } : "done" as const;
      while (seen.length < 16) {
        const batch = await reader.settleNext(slow);
        assertEquals(batch.length <= 3, true);
        seen.push(...batch.map(({ version }) => version));
      }
      const history = [1, 2, 3, 4, 5, 6, 7, 8];
      assertEquals(seen, [...history, ...history]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "redeliveries are bounded by characters (I6)",
    async run(fixture) {
      const { reader } = await fixture.setUp(1, 8, { batchBytes: 1500 });
      const slow = (d: Delivery) =>
        d.version === 1 && d.attempt === 1 ? { retryAfterMs: DELAY_MS } : "done" as const;
      await reader.settleMany(8, slow);
      const again: number[] = [];
      while (again.length < 8) {
        const batch = await reader.next();
        assertEquals(batch.kind, "redelivery");
        assertEquals(batch.lines.length <= 1500, true);
        again.push(...deliveries(batch).map(({ version }) => version));
        await reader.mailbox.settle(batch, settlement());
      }
      assertEquals(again, [1, 2, 3, 4, 5, 6, 7, 8]);
    },
  },
  {
    name: "a case is parked for the processor that failed, not for others",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 2);
      await reader.settleNext(() => "dead");
      const other = await fixture.reader(backend, 0, { name: "other", version: 1, takes: ["case.intake"] });
      assertEquals((await other.settleNext()).map((d) => [d.version, d.held]), [[1, false], [2, false]]);
    },
  },
];
