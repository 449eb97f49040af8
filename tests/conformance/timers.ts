/** Conformance: durable timers, which append an event to its case when their time has come. @module */
import { assertEquals } from "@std/assert";
import type { StoredTimerChange } from "../../backends/mailbox.ts";
import type { Delivery } from "../../schema/stored_event.ts";
import { anEvent } from "../support/events.ts";
import type { ConformanceCase } from "./harness.ts";
import { consume, Journal } from "./journal.ts";
import { deliveries, settlement, timerOf } from "./outcomes.ts";
import { all, type Scene, type World } from "./world.ts";

/** Long enough to see that nothing comes, also where time is real. */
const DELAY_MS = 800;

/** A processor that has nothing to do with the timers. */
const BYSTANDER = { name: "bystander", version: 1, takes: ["case.completed"] };

/** The time of the store, as far as an event that was just stored tells it. */
async function storeTime({ backend, cases: [a] }: Scene): Promise<number> {
  return (await all(backend.readCase(a!))).at(-1)!.recordedAt;
}

/** Plays one batch and settles it with these timers. */
async function settleWith({ feed }: Scene, timers: StoredTimerChange[]) {
  const batch = await feed.next();
  await feed.mailbox.settle(batch, settlement({ timers }));
  return batch;
}

/** A scene with one intake, settled with one timer. */
async function sceneWithTimer(world: World, delayMs = DELAY_MS) {
  const scene = await world.scene(1, 1);
  const reminder = anEvent(scene.cases[0]!, 100);
  const timer = timerOf("reminder", await storeTime(scene) + delayMs, reminder, 0);
  const batch = await settleWith(scene, [timer]);
  return { ...scene, scene, caseId: scene.cases[0]!, reminder, timer, batch };
}

export const timerCases: ConformanceCase[] = [
  {
    name: "a timer appends its event to its case when it is due, once, and it is delivered",
    async run(world) {
      const { feed, backend, caseId, reminder } = await sceneWithTimer(world);
      await feed.silence(DELAY_MS / 8);
      const fired = await feed.play();
      assertEquals(fired.map(({ event, version }) => [event, version]), [[reminder, 2]]);
      await feed.silence();
      assertEquals((await all(backend.readCase(caseId))).length, 2);
    },
  },
  {
    name: "health says how many timers have not fired, and when the next one is due",
    async run(world) {
      const { backend, scene, timer, caseId } = await sceneWithTimer(world, 3_600_000);
      const { timers, nextTimerAt } = await backend.health();
      assertEquals([timers, nextTimerAt], [1, new Date((timer as { at: string }).at).toISOString()]);
      await backend.append([anEvent(caseId, 2)]);
      await settleWith(scene, [{ kind: "cancel", processor: timer.processor, caseId, name: timer.name }]);
      const after = await backend.health();
      assertEquals([after.timers, after.nextTimerAt], [0, null]);
    },
  },
  {
    name: "a timer that is due already fires at once",
    async run(world) {
      const { feed, reminder } = await sceneWithTimer(world, -60_000);
      assertEquals((await feed.play()).map(({ event }) => event), [reminder]);
    },
  },
  {
    name: "a timer that is set again is moved, and fires with what was set last",
    async run(world) {
      const { scene, feed, backend, caseId } = await sceneWithTimer(world, 3_600_000);
      await backend.append([anEvent(caseId, 2)]);
      const later = anEvent(caseId, 101);
      await settleWith(scene, [timerOf("reminder", await storeTime(scene) + 10, later, 0)]);
      assertEquals((await feed.play()).map(({ event }) => event), [later]);
      await feed.silence();
    },
  },
  {
    name: "a timer that is cancelled does not fire; others of the case do",
    async run(world) {
      const { scene, feed, backend, caseId } = await sceneWithTimer(world);
      await backend.append([anEvent(caseId, 2)]);
      const other = anEvent(caseId, 102);
      await settleWith(scene, [
        { kind: "cancel", processor: "intake", caseId, name: "reminder" },
        { kind: "cancel", processor: "intake", caseId, name: "never set" },
        timerOf("other", await storeTime(scene) + 10, other, 0),
      ]);
      assertEquals((await feed.play()).map(({ event }) => event), [other]);
      await feed.silence(DELAY_MS + 200);
    },
  },
  {
    name: "a timer that has fired is not set again by settling its batch again (I2)",
    async run(world) {
      const { feed, backend, caseId, batch, timer } = await sceneWithTimer(world, 10);
      await feed.play();
      await feed.mailbox.settle(batch, settlement({ timers: [timer] }));
      await feed.silence();
      assertEquals((await all(backend.readCase(caseId))).length, 2);
    },
  },
  {
    name: "a timer whose event is stored already changes nothing when it fires (I2)",
    async run(world) {
      const { feed, backend, caseId, reminder } = await sceneWithTimer(world, 300);
      await backend.append([reminder]);
      assertEquals((await feed.play()).map(({ event }) => event), [reminder]);
      await feed.silence(500);
      assertEquals((await all(backend.readCase(caseId))).length, 2);
    },
  },
  {
    name: "timers fire while a node has mailboxes of any processor, and once where there are two nodes (I2)",
    async run(world) {
      const { feed, backend, caseId } = await sceneWithTimer(world, 300);
      await feed.mailbox.close();
      await backend.close();
      const nodes = [await world.harness.backend("second"), await world.harness.backend("third")];
      for (const node of nodes) void world.run(consume(node, new Journal(), world.signal, BYSTANDER));
      const stored = () => all(nodes[0]!.readCase(caseId));
      await world.until("the timer has fired", async () => (await stored()).length === 2);
      await world.harness.advance(100);
      assertEquals((await stored()).length, 2);
    },
  },
  {
    name: "timers that are set in a redelivery fire too",
    async run(world) {
      const scene = await world.scene(1, 1);
      await scene.feed.play(() => ({ retryAfterMs: 1 }));
      const reminder = anEvent(scene.cases[0]!, 100);
      const batch = await settleWith(scene, [timerOf("reminder", await storeTime(scene), reminder, 0)]);
      assertEquals(deliveries(batch).map(({ attempt }) => attempt), [2]);
      assertEquals((await scene.feed.play()).map(({ event }) => event), [reminder]);
    },
  },
  {
    name:
      "a hundred timers that are due at the same time fire once each, those of a case in the order of their times",
    async run(world) {
      const scene = await world.scene(60, 1);
      const now = await storeTime(scene);
      const times = [["late", 200, now - 1_000], ["early", 100, now - 2_000]] as const;
      const timers = scene.cases.flatMap((caseId, i) =>
        times.map(([name, nth, at]) => timerOf(name, at + i, anEvent(caseId, nth), 0))
      );
      await settleWith(scene, timers);
      const fired: Delivery[] = [];
      while (fired.length < timers.length) fired.push(...await scene.feed.play());
      for (const caseId of scene.cases) {
        const own = fired.filter(({ event }) => event.correlation_id === caseId);
        assertEquals(own.map(({ event, version }) => [event, version]), [
          [anEvent(caseId, 100), 2],
          [anEvent(caseId, 200), 3],
        ]);
      }
      await scene.feed.silence();
      assertEquals((await scene.backend.health()).timers, 0);
    },
  },
];
