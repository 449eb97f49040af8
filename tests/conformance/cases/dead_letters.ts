/** Conformance: dead letters, kept for a person, and what a person does about them. @module */
import { describeError } from "../../../actors/error_info.ts";
import { KEPT_FIRST, KEPT_LAST } from "../../../backends/settlement/failure_history.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { anEvent } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { deadOf, deliveries, type Delivery, failureOf, outputOf, retryOf, settlement } from "../outcomes.ts";
import { collect } from "../fixture.ts";

const ANN = { by: "ann", why: "the creditor mended it" };

/** Fails twice, then is given up. */
function givenUpAtThird({ version, attempt }: Delivery) {
  if (version !== 1) return "done" as const;
  return attempt < 3 ? { retryAfterMs: 1 } : "dead" as const;
}

export const deadLetterCases: ConformanceCase[] = [
  {
    name: "a dead letter holds the event, and the error and stack of every attempt (I4)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 3);
      const seen = await reader.settleMany(9, givenUpAtThird);
      const [letter, ...others] = await backend.deadLetters.list();
      assertEquals(others, []);
      const { processor, partition, caseId, event, failures, attempts, held } = letter!;
      assertEquals({ processor, partition, caseId, attempts, held }, {
        processor: "intake",
        partition: 0,
        caseId: a!,
        attempts: 3,
        held: 2,
      });
      assertEquals(event, (await collect(backend.readCase(a!)))[0]);
      assertEquals(failures, seen.filter((d) => d.version === 1).map(failureOf));
      assert(failures.every(({ stack }) => stack !== undefined));
      assert(Math.abs(Date.parse(letter!.since) - event.recordedAt) < 60_000, "since is a time of the store");
    },
  },
  {
    name: "a dead letter blocks its own case until a person acts (I3, I4)",
    async run(fixture) {
      const { backend, cases: [a, b], reader } = await fixture.setUp(2, 2);
      await reader.settleNext(({ event }) => event.correlation_id === a ? "dead" : "done");
      await reader.assertNoBatch(1000);
      await backend.append([anEvent(a!, 3), anEvent(b!, 3)]);
      const fresh = await reader.settleMany(2);
      assertEquals(fresh.map((d) => [d.event.correlation_id, d.held]), [[a, true], [b, false]]);
      await reader.assertNoBatch();
      assertEquals((await backend.deadLetters.list())[0]!.held, 2);
    },
  },
  {
    name: "a dead letter that can't be written leaves the whole batch unsettled (I4)",
    needs: "failNextDeadLetterWrite",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(2, 1);
      const batch = await reader.next();
      const [first, second] = deliveries(batch);
      const whole = settlement({ outputs: [storeRow(outputOf(second!), 0)], failures: [deadOf(first!)] });
      await fixture.harness.failNextDeadLetterWrite!();
      await assertRejects(() => reader.mailbox.settle(batch, whole));
      assertEquals(await backend.deadLetters.count(), 0);
      assertEquals((await collect(backend.readAll())).length, 2, "no output is stored");
      assertEquals(await backend.audit(a!), []);
      assertEquals(await reader.next(), batch, "the checkpoint did not move");
      await reader.mailbox.settle(batch, whole);
      assertEquals(await backend.deadLetters.count(), 1);
      assertEquals((await collect(backend.readAll())).length, 3);
    },
  },
  {
    name: "redrive() takes the case up at the dead letter, attempts counted anew, in order (I3, I4)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 3);
      await reader.settleMany(9, givenUpAtThird);
      assertEquals(await backend.deadLetters.redrive({}, ANN), 1);
      assertEquals(await backend.deadLetters.count(), 0);
      const again = await reader.settleNext();
      assertEquals(again.map((d) => [d.version, d.attempt, d.held]), [[1, 1, false], [2, 1, false], [
        3,
        1,
        false,
      ]]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "a dead letter that fails again after redrive() keeps its earlier failures (I4)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1);
      await reader.settleMany(3, givenUpAtThird);
      await backend.deadLetters.redrive({}, ANN);
      await reader.settleMany(3, givenUpAtThird);
      const [letter] = await backend.deadLetters.list();
      assertEquals([letter!.attempts, letter!.failures.length], [3, 6]);
    },
  },
  {
    name:
      "of a delivery that is held on to the first and the last failures are kept, every attempt counts (I6)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1);
      const attempts = KEPT_FIRST + KEPT_LAST + 4;
      const seen = await reader.settleMany(
        attempts,
        ({ attempt }) => attempt < attempts ? { retryAfterMs: 1 } : "dead",
      );
      const [letter] = await backend.deadLetters.list();
      assertEquals(letter!.attempts, attempts);
      const all = seen.map(failureOf);
      assertEquals(letter!.failures, [...all.slice(0, KEPT_FIRST), ...all.slice(-KEPT_LAST)]);
    },
  },
  {
    name: "a delivery whose errors are as large as they may be can be held on to for ever (I1, I6)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1);
      // Three bytes each, as many as any character takes, and more than are kept.
      const large = "€".repeat(100_000);
      const { message, stack } = describeError(Object.assign(new Error(large), { stack: large }));
      for (let attempt = 1; attempt <= KEPT_FIRST + KEPT_LAST + 2; attempt++) {
        const batch = await reader.next();
        const [delivery] = deliveries(batch);
        const outcome = {
          kind: "retry",
          error: { ...failureOf(delivery!), message, stack: stack! },
          afterMs: 1,
        } as const;
        await reader.mailbox.settle(batch, settlement({ failures: [{ ...retryOf(delivery!, 1), outcome }] }));
      }
      await reader.settleNext(() => "dead");
      assertEquals((await backend.deadLetters.list()).map(({ attempts }) => attempts), [
        KEPT_FIRST + KEPT_LAST + 3,
      ]);
    },
  },
  {
    name: "discard() gives the dead letter up, and its followers go on (I3)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 3);
      await reader.settleNext(({ version }) => version === 1 ? "dead" : "done");
      assertEquals(await backend.deadLetters.discard({ caseId: a! }, ANN), 1);
      assertEquals(await backend.deadLetters.count(), 0);
      assertEquals((await reader.settleNext()).map((d) => [d.version, d.attempt]), [[2, 1], [3, 1]]);
      assertEquals((await collect(backend.readCase(a!))).length, 3, "the event itself stays");
      await backend.append([anEvent(a!, 4)]);
      assertEquals((await reader.settleNext()).map((d) => [d.version, d.held]), [[4, false]]);
    },
  },
  {
    name: "discard() of a dead letter that is alone frees its case",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 1);
      await reader.settleNext(() => "dead");
      await backend.deadLetters.discard({}, ANN);
      await backend.append([anEvent(a!, 2)]);
      assertEquals((await reader.settleNext()).map((d) => [d.version, d.held]), [[2, false]]);
    },
  },
  {
    name: "redrive() wakes a mailbox that waits",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1);
      await reader.settleNext(() => "dead");
      await reader.assertNoBatch();
      await backend.deadLetters.redrive({}, ANN);
      assertEquals((await reader.settleNext()).length, 1);
    },
  },
  {
    name: "dead letters are found by processor, case and position, oldest first, as many as asked for",
    async run(fixture) {
      const { backend, cases, reader } = await fixture.setUp(3, 1);
      const seen = await reader.settleNext(() => "dead");
      const { deadLetters } = backend;
      const cases_ = async (filter: Parameters<typeof deadLetters.list>[0]) =>
        (await deadLetters.list(filter)).map(({ caseId }) => caseId);
      assertEquals(await cases_({}), cases);
      assertEquals(await cases_({ limit: 2 }), cases.slice(0, 2));
      assertEquals(await cases_({ caseId: cases[1]! }), [cases[1]!]);
      assertEquals(await cases_({ position: seen[2]!.position }), [cases[2]!]);
      assertEquals(await cases_({ processor: "nobody" }), []);
      assertEquals(await deadLetters.count({ processor: "intake" }), 3);
      assertEquals(await deadLetters.count({ caseId: cases[0]! }), 1);
      assertEquals(await deadLetters.redrive({ caseId: "nobody" }, ANN), 0);
      assertEquals(await deadLetters.redrive({ limit: 1 }, ANN), 1);
      assertEquals(await cases_({}), cases.slice(1));
      assertEquals((await reader.settleNext()).map((d) => d.event.correlation_id), cases.slice(0, 1));
    },
  },
  {
    name: "the audit trail says who acted on a case, and why (I8)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(1, 2);
      const [first] = await reader.settleNext(() => ({ retryAfterMs: 1 }));
      await reader.settleNext(() => ({ retryAfterMs: 1 }));
      await reader.settleNext(() => "dead");
      await backend.deadLetters.redrive({}, ANN);
      await reader.settleNext(({ version }) => version === 1 ? "dead" : "done");
      await backend.deadLetters.discard({}, { by: "bob", why: "paid by then" });
      const trail = await backend.audit(a!);
      const ofFirst = trail.filter(({ eventId }) => eventId === first!.event.event_id);
      assertEquals(ofFirst.map(({ act, by }) => [act, by]), [
        ["park", "runtime"],
        ["retry", "runtime"],
        ["dead_letter", "runtime"],
        ["redrive", "ann"],
        ["dead_letter", "runtime"],
        ["discard", "bob"],
      ]);
      assertEquals(ofFirst.map(({ why }) => why).filter((why) => !why.includes("Refused")), [
        ANN.why,
        "paid by then",
      ]);
      assertEquals(trail.length, ofFirst.length, "a delivery that is only held costs no line");
      assert(trail.every(({ at, processor }) => !Number.isNaN(Date.parse(at)) && processor === "intake"));
    },
  },
];
