/** Conformance: what health tells of a mailbox. @module */
import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import type { MailboxHealth } from "../../../backends/health.ts";
import { anEvent } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { settlement } from "../outcomes.ts";

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
    name: "a store that came from no backup says so, and has nothing to accept",
    async run({ harness }) {
      const backend = await harness.backend();
      assertEquals([await backend.restoredFrom(), (await backend.health()).restoration], [
        undefined,
        undefined,
      ]);
      assertEquals(await backend.acceptRestoration({ by: "b.baas", why: "the receivers were told" }), false);
    },
  },
  {
    name: "health() shows what is pending and how old it is (I8)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(2, 2);
      await backend.append([anEvent(a!, 1, "case.decision")]);
      await fixture.harness.advance(50);
      const before = await healthOf(backend);
      assertEquals([before.pending, before.parked, before.dead, before.sinceSettledMs], [4, 0, 0, null]);
      assert(before.oldestMs >= 50, `The oldest is ${before.oldestMs} ms old`);
      await reader.settleNext();
      const after = await healthOf(backend);
      assertEquals([after.pending, after.oldestMs], [0, 0]);
      assert(after.sinceSettledMs! >= 0);
    },
  },
  {
    name: "health() shows parked deliveries and dead letters, each delivery once (I8)",
    async run(fixture) {
      const { backend, cases: [a, b], reader } = await fixture.setUp(3, 2);
      await reader.settleNext(({ event: { correlation_id: caseId } }) =>
        caseId === a ? "dead" : caseId === b ? { retryAfterMs: 60_000 } : "done"
      );
      const { pending, parked, dead } = await healthOf(backend);
      assertEquals({ pending, parked, dead }, { pending: 0, parked: 3, dead: 1 });
    },
  },
  {
    name: "health() shows how old the oldest parked delivery is, and no dead letter among them (I8)",
    async run(fixture) {
      const { backend, cases: [a, b], reader } = await fixture.setUp(2, 1);
      assertEquals((await healthOf(backend)).parkedOldestMs, 0);
      await fixture.harness.advance(50);
      await reader.settleNext(({ event: { correlation_id: caseId } }) =>
        caseId === a ? "dead" : { retryAfterMs: 60_000 }
      );
      await backend.append([anEvent(a!, 2), anEvent(b!, 2)]);
      await reader.settleNext();
      const { parked, dead, pending, parkedOldestMs } = await healthOf(backend);
      assertEquals({ parked, dead, pending }, { parked: 3, dead: 1, pending: 0 });
      assert(parkedOldestMs >= 50, `The oldest is ${parkedOldestMs} ms old`);
      await backend.deadLetters.discard({}, { by: "a test", why: "nothing waits behind it" });
      assertEquals((await healthOf(backend)).parked, 3);
    },
  },
  {
    name: "health() tells the node that has a mailbox what it tells one that has not (I8)",
    async run(fixture) {
      const { backend, cases: [a], reader } = await fixture.setUp(3, 2);
      const other = await fixture.harness.backend("second");
      const same = async () => {
        const [here, there] = [await healthOf(backend), await healthOf(other)];
        assertEquals([here.pending, here.oldestMs > 0], [there.pending, there.oldestMs > 0]);
        return here.pending;
      };
      await fixture.harness.advance(50);
      assertEquals(await same(), 6);
      const batch = await reader.next();
      assertEquals(await same(), 6);
      await backend.append([anEvent(a!, 3)]);
      assertEquals(await same(), 7);
      await reader.mailbox.settle(batch, settlement({}));
      await reader.settleNext();
      assertEquals(await same(), 0);
    },
  },
  {
    name: "health() shows who holds a lease, its epoch and how long it runs (I8)",
    async run(fixture) {
      const { backend, reader } = await fixture.setUp(1, 1, { renews: false });
      const held = await healthOf(backend);
      assertEquals([held.owner !== null, held.epoch], [true, reader.mailbox.epoch]);
      assert(held.leaseMs > 0 && held.leaseMs <= fixture.harness.leaseMs);
      await fixture.harness.advance(fixture.harness.leaseMs + 50);
      assert((await healthOf(backend)).leaseMs < 0);
      await reader.mailbox.close();
      assertEquals((await healthOf(backend)).owner, null);
    },
  },
];
