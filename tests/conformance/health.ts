/** Conformance: what health tells of a mailbox. @module */
import { assert, assertEquals } from "@std/assert";
import type { Backend, MailboxHealth } from "../../backends/backend.ts";
import { anEvent } from "../support/events.ts";
import type { ConformanceCase } from "./harness.ts";
import { settlement } from "./outcomes.ts";

async function healthOf(backend: Backend, partition = 0): Promise<MailboxHealth> {
  const { mailboxes } = await backend.health();
  return mailboxes.find((each) => each.processor === "intake" && each.partition === partition)!;
}

export const healthCases: ConformanceCase[] = [
  {
    name: "health() says in words what an acknowledgement means",
    async run({ harness }) {
      const { durability, mailboxes } = await (await harness.backend()).health();
      assert(durability.length > 20);
      assertEquals(mailboxes, []);
    },
  },
  {
    name: "health() shows what is pending and how old it is (I8)",
    async run(world) {
      const { backend, cases: [a], feed } = await world.scene(2, 2);
      await backend.append([anEvent(a!, 1, "case.decision")]);
      await world.harness.advance(50);
      const before = await healthOf(backend);
      assertEquals([before.pending, before.parked, before.dead, before.sinceSettledMs], [4, 0, 0, null]);
      assert(before.oldestMs >= 50, `The oldest is ${before.oldestMs} ms old`);
      await feed.play();
      const after = await healthOf(backend);
      assertEquals([after.pending, after.oldestMs], [0, 0]);
      assert(after.sinceSettledMs! >= 0);
    },
  },
  {
    name: "health() shows parked deliveries and dead letters, each delivery once (I8)",
    async run(world) {
      const { backend, cases: [a, b], feed } = await world.scene(3, 2);
      await feed.play(({ event: { correlation_id: caseId } }) =>
        caseId === a ? "dead" : caseId === b ? { retryAfterMs: 60_000 } : "done"
      );
      const { pending, parked, dead } = await healthOf(backend);
      assertEquals({ pending, parked, dead }, { pending: 0, parked: 3, dead: 1 });
    },
  },
  {
    name: "health() tells the node that has a mailbox what it tells one that has not (I8)",
    async run(world) {
      const { backend, cases: [a], feed } = await world.scene(3, 2);
      const other = await world.harness.backend("second");
      const same = async () => {
        const [here, there] = [await healthOf(backend), await healthOf(other)];
        assertEquals([here.pending, here.oldestMs > 0], [there.pending, there.oldestMs > 0]);
        return here.pending;
      };
      await world.harness.advance(50);
      assertEquals(await same(), 6);
      const batch = await feed.next();
      assertEquals(await same(), 6);
      await backend.append([anEvent(a!, 3)]);
      assertEquals(await same(), 7);
      await feed.mailbox.settle(batch, settlement({}));
      await feed.play();
      assertEquals(await same(), 0);
    },
  },
  {
    name: "health() shows who holds a lease, its epoch and how long it runs (I8)",
    async run(world) {
      const { backend, feed } = await world.scene(1, 1, { renews: false });
      const held = await healthOf(backend);
      assertEquals([held.owner !== null, held.epoch], [true, feed.mailbox.epoch]);
      assert(held.leaseMs > 0 && held.leaseMs <= world.harness.leaseMs);
      await world.harness.advance(world.harness.leaseMs + 50);
      assert((await healthOf(backend)).leaseMs < 0);
      await feed.mailbox.close();
      assertEquals((await healthOf(backend)).owner, null);
    },
  },
];
