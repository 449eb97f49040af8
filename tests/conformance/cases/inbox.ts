/** Conformance: the inbox, where a backend takes events of producers by itself. @module */
import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import type { Inbox, RejectedEvent } from "../../../backends/dead_letters.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { type Fixture, INTAKE } from "../fixture.ts";

const ACT = { by: "Caseworker 7", why: "looked at it" };

/** A node that takes events in, and its inbox. */
async function nodeWithInbox(fixture: Fixture): Promise<{ backend: Backend; inbox: Inbox }> {
  const backend = await fixture.harness.backend();
  await fixture.mailboxes(backend, INTAKE);
  const { inbox } = backend;
  if (inbox === undefined) throw new Error("There is no inbox where producers can leave events");
  return { backend, inbox };
}

async function refusedEvents(fixture: Fixture, inbox: Inbox, count: number): Promise<RejectedEvent[]> {
  await fixture.until(`${count} refused events`, async () => await inbox.count() === count);
  return await inbox.list();
}

export const inboxCases: ConformanceCase[] = [
  {
    name: "an event that is refused is kept whole with its reason, and health() counts it (I1, I8)",
    needs: "leaveEvent",
    async run(fixture) {
      const { backend, inbox } = await nodeWithInbox(fixture);
      const text = JSON.stringify({ case_id: "", note: "x".repeat(30_000) });
      await fixture.harness.leaveEvent!(text);
      const [refused] = await refusedEvents(fixture, inbox, 1);
      assertEquals(refused!.text, text);
      assert(/case_id/.test(refused!.reason), refused!.reason);
      assertEquals((await backend.health()).rejected, 1);
      assertEquals(await inbox.find(refused!.id), refused);
      assertEquals(await inbox.find(refused!.id + 1), undefined);
    },
  },
  {
    name: "a refused event is tried again, and given up, each with an entry of the audit trail",
    needs: "leaveEvent",
    async run(fixture) {
      const { backend, inbox } = await nodeWithInbox(fixture);
      await fixture.harness.leaveEvent!("42");
      const [first] = await refusedEvents(fixture, inbox, 1);
      assertEquals(await inbox.retry(first!.id, ACT), true);
      const [again] = await refusedEvents(fixture, inbox, 1);
      assertEquals([again!.text, again!.reason], [first!.text, first!.reason]);
      assertEquals(await inbox.discard(again!.id, ACT), true);
      assertEquals(await inbox.discard(again!.id, ACT), false);
      assertEquals(await inbox.retry(again!.id, ACT), false);
      assertEquals(await inbox.count(), 0);
      const acts = (await backend.audit("inbox")).map(({ act, by, why }) => [act, by, why]);
      assertEquals(acts, [["inbox_retry", ACT.by, ACT.why], ["inbox_discard", ACT.by, ACT.why]]);
    },
  },
  {
    name: "an event that is left is taken in once, and what follows a refused one goes on (I3)",
    needs: "leaveEvent",
    async run(fixture) {
      const { backend } = await nodeWithInbox(fixture);
      const intake = { case_id: "left", citizen_bsn: "999990019", debt_amount: 10, debt_type: "huur" };
      const withdrawn = { event_type: "case.withdrawn", data: { case_id: "left", reason: "solved" } };
      for (const each of [intake, { ...intake, debt_amount: -1 }, withdrawn]) {
        await fixture.harness.leaveEvent!(JSON.stringify(each));
      }
      await fixture.until("both events", async () => (await Array.fromAsync(backend.readAll())).length === 2);
      const stored = await Array.fromAsync(backend.readCase("left"));
      assertEquals(stored.map(({ event }) => event.event_type), ["case.intake", "case.withdrawn"]);
    },
  },
];
