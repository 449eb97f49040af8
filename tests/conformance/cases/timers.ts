/** Conformance: durable timers, which append an event to its case when their time has come. @module */
import { assertEquals } from "@std/assert";
import type { StoredTimerChange } from "../../../backends/mailbox/mailbox.ts";
import type { Delivery } from "../../../schema/delivery_line.ts";
import { anEvent } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { consumeAll, DeliveryLog } from "../delivery_log.ts";
import { deliveries, settlement, timerOf } from "../outcomes.ts";
import { collect, type Fixture, type FixtureSetup } from "../fixture.ts";

/** Long enough to see that nothing comes, also where time is real. */
const DELAY_MS = 2_000;

/** A processor that has nothing to do with the timers. */
const BYSTANDER = { name: "bystander", version: 1, takes: ["case.completed"] };

/** The time of the store, as far as an event that was just stored tells it. */
async function storeTime({ backend, cases: [a] }: FixtureSetup): Promise<number> {
  return (await collect(backend.readCase(a!))).at(-1)!.recordedAt;
}

/** Plays one batch and settles it with these timers. */
async function settleWith({ reader }: FixtureSetup, timers: StoredTimerChange[]) {
  const batch = await reader.next();
  await reader.mailbox.settle(batch, settlement({ timers }));
  return batch;
}

/** A fixture with one intake, settled with one timer. */
async function setUpTimer(fixture: Fixture, delayMs = DELAY_MS) {
  const setup = await fixture.setUp(1, 1);
  const reminder = anEvent(setup.cases[0]!, 100);
  const timer = timerOf("reminder", await storeTime(setup) + delayMs, reminder, 0);
  const batch = await settleWith(setup, [timer]);
  return { ...setup, setup, caseId: setup.cases[0]!, reminder, timer, batch };
}

export const timerCases: ConformanceCase[] = [
  {
    name: "a timer appends its event to its case when it is due, once, and it is delivered",
    async run(fixture) {
      const { reader, backend, caseId, reminder } = await setUpTimer(fixture);
      await reader.assertNoBatch(100);
      const fired = await reader.settleNext();
      assertEquals(fired.map(({ event, version }) => [event, version]), [[reminder, 2]]);
      await reader.assertNoBatch();
      assertEquals((await collect(backend.readCase(caseId))).length, 2);
    },
  },
  {
    name: "health says how many timers have not fired, and when the next one is due",
    async run(fixture) {
      const { backend, setup, timer, caseId } = await setUpTimer(fixture, 3_600_000);
      const { timers, nextTimerAt } = await backend.health();
      assertEquals([timers, nextTimerAt], [1, new Date((timer as { at: string }).at).toISOString()]);
      await backend.append([anEvent(caseId, 2)]);
      await settleWith(setup, [{ kind: "cancel", processor: timer.processor, caseId, name: timer.name }]);
      const after = await backend.health();
      assertEquals([after.timers, after.nextTimerAt], [0, null]);
    },
  },
  {
    name: "a timer that is due already fires at once",
    async run(fixture) {
      const { reader, reminder } = await setUpTimer(fixture, -60_000);
      assertEquals((await reader.settleNext()).map(({ event }) => event), [reminder]);
    },
  },
  {
    name: "a timer that is set again is moved, and fires with what was set last",
    async run(fixture) {
      const { setup, reader, backend, caseId } = await setUpTimer(fixture, 3_600_000);
      await backend.append([anEvent(caseId, 2)]);
      const later = anEvent(caseId, 101);
      await settleWith(setup, [timerOf("reminder", await storeTime(setup) + 10, later, 0)]);
      assertEquals((await reader.settleNext()).map(({ event }) => event), [later]);
      await reader.assertNoBatch();
    },
  },
  {
    name: "a timer that is cancelled does not fire; others of the case do",
    async run(fixture) {
      const { setup, reader, backend, caseId } = await setUpTimer(fixture);
      await backend.append([anEvent(caseId, 2)]);
      const other = anEvent(caseId, 102);
      await settleWith(setup, [
        { kind: "cancel", processor: "intake", caseId, name: "reminder" },
        { kind: "cancel", processor: "intake", caseId, name: "never set" },
        timerOf("other", await storeTime(setup) + 10, other, 0),
      ]);
      assertEquals((await reader.settleNext()).map(({ event }) => event), [other]);
      await reader.assertNoBatch(DELAY_MS + 200);
    },
  },
  {
    name: "a timer that has fired is not set again by settling its batch again (I2)",
    async run(fixture) {
      const { reader, backend, caseId, batch, timer } = await setUpTimer(fixture, 10);
      await reader.settleNext();
      await reader.mailbox.settle(batch, settlement({ timers: [timer] }));
      await reader.assertNoBatch();
      assertEquals((await collect(backend.readCase(caseId))).length, 2);
    },
  },
  {
    name: "a timer whose event is stored already changes nothing when it fires (I2)",
    async run(fixture) {
      const { reader, backend, caseId, reminder } = await setUpTimer(fixture, 300);
      await backend.append([reminder]);
      assertEquals((await reader.settleNext()).map(({ event }) => event), [reminder]);
      await reader.assertNoBatch(500);
      assertEquals((await collect(backend.readCase(caseId))).length, 2);
    },
  },
  {
    name: "timers fire while a node has mailboxes of any processor, and once where there are two nodes (I2)",
    async run(fixture) {
      const { reader, backend, caseId } = await setUpTimer(fixture, 300);
      await reader.mailbox.close();
      await backend.close();
      const nodes = [await fixture.harness.backend("second"), await fixture.harness.backend("third")];
      for (const node of nodes) {
        void fixture.run(consumeAll(node, new DeliveryLog(), fixture.signal, BYSTANDER));
      }
      const stored = () => collect(nodes[0]!.readCase(caseId));
      await fixture.until("the timer has fired", async () => (await stored()).length === 2);
      await fixture.harness.advance(100);
      assertEquals((await stored()).length, 2);
    },
  },
  {
    name: "timers that are set in a redelivery fire too",
    async run(fixture) {
      const setup = await fixture.setUp(1, 1);
      await setup.reader.settleNext(() => ({ retryAfterMs: 1 }));
      const reminder = anEvent(setup.cases[0]!, 100);
      const batch = await settleWith(setup, [timerOf("reminder", await storeTime(setup), reminder, 0)]);
      assertEquals(deliveries(batch).map(({ attempt }) => attempt), [2]);
      assertEquals((await setup.reader.settleNext()).map(({ event }) => event), [reminder]);
    },
  },
  {
    name:
      "a hundred timers that are due at the same time fire once each, those of a case in the order of their times",
    async run(fixture) {
      const setup = await fixture.setUp(60, 1);
      const now = await storeTime(setup);
      const times = [["late", 200, now - 1_000], ["early", 100, now - 2_000]] as const;
      const timers = setup.cases.flatMap((caseId, i) =>
        times.map(([name, nth, at]) => timerOf(name, at + i, anEvent(caseId, nth), 0))
      );
      await settleWith(setup, timers);
      const fired: Delivery[] = [];
      while (fired.length < timers.length) fired.push(...await setup.reader.settleNext());
      for (const caseId of setup.cases) {
        const own = fired.filter(({ event }) => event.correlation_id === caseId);
        assertEquals(own.map(({ event, version }) => [event, version]), [
          [anEvent(caseId, 100), 2],
          [anEvent(caseId, 200), 3],
        ]);
      }
      await setup.reader.assertNoBatch();
      assertEquals((await setup.backend.health()).timers, 0);
    },
  },
];
