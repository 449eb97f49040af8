/** Conformance: the inbox, where a backend takes events of producers by itself. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import type { Inbox, RejectedEvent } from "../../../backends/dead_letters.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { type Fixture, INTAKE } from "../fixture.ts";

const INTAKE_FIELDS = '"case_id":"left","citizen_bsn":"999990019","debt_amount":10,"debt_type":"huur"';
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
    name: "what could not be kept as it is written is refused at the door, and its text is kept whole (I1)",
    needs: "leaveEvent",
    async run(fixture) {
      const { backend, inbox } = await nodeWithInbox(fixture);
      const wrong = {
        '"reference":9007199254740993': /^reference: this number can't be kept/,
        '"rate":1e400': /^rate: this number can't be kept/,
        '"debt_type":"boete"': /^debt_type: stands twice/,
      };
      const texts = Object.keys(wrong).map((field) => `{${INTAKE_FIELDS},${field}}`);
      const typed = { event_type: "case.intake", data: JSON.parse(`{${INTAKE_FIELDS}}`) };
      for (const timestamp of ["1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z"]) {
        texts.push(JSON.stringify({ ...typed, timestamp }));
      }
      for (const text of texts) await fixture.harness.leaveEvent!(text);
      const refused = await refusedEvents(fixture, inbox, texts.length);
      assertEquals(refused.map(({ text }) => text), texts);
      const rules = [...Object.values(wrong), /^timestamp: must lie/, /^timestamp: must lie/];
      for (const [i, { reason }] of refused.entries()) assertMatch(reason, rules[i]!);
      assertEquals(await Array.fromAsync(backend.readAll()), []);
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
  {
    name:
      "a CloudEvent that is left is taken in once, under an id of its own, and refused by its attributes (I1)",
    needs: "leaveEvent",
    async run(fixture) {
      const { backend, inbox } = await nodeWithInbox(fixture);
      const data = { citizen_bsn: "999990019", debt_amount: 10, debt_type: "huur" };
      const type = "nl.schuldhulpverlening.zaak-aangemeld.v1";
      const event = { specversion: "1.0", id: "cak-1", source: "/cak", type, subject: "left", data };
      for (const each of [event, event, { ...event, source: "" }]) {
        await fixture.harness.leaveEvent!(JSON.stringify(each));
      }
      const [refused] = await refusedEvents(fixture, inbox, 1);
      assertEquals(refused!.reason, "source: must be a URI reference");
      await fixture.until("the event", async () => (await Array.fromAsync(backend.readAll())).length === 1);
      const [stored] = await Array.fromAsync(backend.readCase("left"));
      assertEquals([stored!.event.event_type, stored!.event.event_id[14]], ["case.intake", "7"]);
    },
  },
  {
    name:
      "a time that is late or ahead is marked when the event is taken in, and marks that were sent are dropped",
    needs: "leaveEvent",
    async run(fixture) {
      const { backend } = await nodeWithInbox(fixture);
      const metadata = { marks: ["bsn_fails_eleven_test"] };
      const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
      for (const timestamp of ["2005-01-01T00:00:00Z", "2012-07-01T00:00:00Z", tomorrow, undefined]) {
        const event = {
          event_type: "case.intake",
          timestamp,
          data: JSON.parse(`{${INTAKE_FIELDS}}`),
          metadata,
        };
        await fixture.harness.leaveEvent!(JSON.stringify(event));
      }
      await fixture.until("all events", async () => (await Array.fromAsync(backend.readAll())).length === 4);
      const stored = await Array.fromAsync(backend.readCase("left"));
      assertEquals(stored.map(({ event }) => event.metadata.marks), [
        ["before_first_rule", "late"],
        ["late"],
        ["in_future"],
        undefined,
      ]);
    },
  },
  {
    name: "of events under one id the first is stored, and those with other content are refused (I1)",
    needs: "leaveEvent",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const event_id = crypto.randomUUID();
      const data = JSON.parse(`{${INTAKE_FIELDS}}`);
      const sent = [data, { ...data, debt_amount: 1 }, { ...data, case_id: "other" }, data];
      const texts = sent.map((data) => JSON.stringify({ event_type: "case.intake", event_id, data }));
      // All of them are there when the first is taken in.
      for (const text of texts) await fixture.harness.leaveEvent!(text);
      await fixture.mailboxes(backend, INTAKE);
      const others = backend.features.ids === "store" ? texts.slice(1, 3) : texts.slice(1, 2);
      const refused = await refusedEvents(fixture, backend.inbox!, others.length);
      assertEquals(refused.map(({ text }) => text), others);
      for (const { reason } of refused) assertMatch(reason, /stored already, with other content/);
      const stored = (await Array.fromAsync(backend.readAll()))
        .filter(({ event }) => event.correlation_id === data.case_id);
      assertEquals(stored.map(({ event }) => event.data.debt_amount), [10]);
    },
  },
];
