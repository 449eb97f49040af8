import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CloudEvent as Judged, HTTP } from "cloudevents";
import { toCloudEvent } from "../../../../schema/cloudevents/cloud_event.ts";
import { defaultNames, EventNames } from "../../../../schema/cloudevents/event_names.ts";
import { InvalidEvent } from "../../../../schema/codec.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import { allEventTypes } from "../../../../schema/events.ts";
import { readInput } from "../../../../schema/input.ts";
import { brief, CASE, ID } from "../brief_events.ts";

const OIN = "00000001823288444000";
const ours = new EventNames({ oin: OIN, schemas: "https://zaken.example.nl/api/v1/schemas/" });
const now = () => new Date("2025-11-09T12:00:00Z");

function stored(index: number): StoredEvent {
  const event = readInput(brief[index], { now });
  return { position: 4_711, version: 2, recordedAt: Date.parse("2025-11-09T10:45:00.123Z"), event };
}

/** As it travels: as JSON text. */
function sent(index: number, names = ours): Record<string, unknown> {
  const event = stored(index);
  return JSON.parse(JSON.stringify(toCloudEvent(event, event.event.data, names)));
}

const cloudEvent = {
  specversion: "1.0",
  id: "2025-000123",
  source: `urn:nld:oin:${OIN}:systeem:cak`,
  type: "nl.schuldhulpverlening.zaak-aangemeld.v1",
  subject: CASE,
  time: "2025-11-09T10:30:00Z",
  data: { citizen_bsn: "123456789", debt_amount: 1250.5, debt_type: "huur" },
};

function faultsOf(change: object, strict = false): readonly string[] {
  return assertThrows(() => readInput({ ...cloudEvent, ...change }, { strict, now }), InvalidEvent).problems;
}

Deno.test("an event goes out as the library of CloudEvents takes it, and comes back as it was", () => {
  for (const [index, { event_type }] of brief.entries()) {
    const out = sent(index);
    assertEquals(new Judged(out, true).validate(), true);
    const back = readInput(out, { names: ours, now });
    const { event_id, timestamp, correlation_id, data } = stored(index).event;
    assertEquals(back.event_type, event_type);
    assertEquals([back.event_id, back.timestamp, back.correlation_id], [event_id, timestamp, correlation_id]);
    assertEquals(JSON.stringify(back.data), JSON.stringify(data));
  }
});

Deno.test("the attributes say where, what, which case and when it was recorded, and hold no BSN", () => {
  const { data: _, ...attributes } = sent(0);
  assertEquals(attributes, {
    specversion: "1.0",
    id: ID,
    source: `urn:nld:oin:${OIN}:systeem:zaakstroom`,
    type: "nl.schuldhulpverlening.zaak-aangemeld.v1",
    subject: CASE,
    time: "2025-11-09T10:45:00.123Z",
    occurredat: "2025-11-09T10:30:00.000Z",
    datacontenttype: "application/json",
    dataschema: "https://zaken.example.nl/api/v1/schemas/case.intake/v1",
    sequence: "0000000000004711",
    caseversion: 2,
  });
});

Deno.test("a case id that may be a BSN leaves masked", () => {
  const event = stored(0);
  const cased = { ...event, event: { ...event.event, correlation_id: "123456782" } };
  assertEquals(toCloudEvent(cased, {}, ours).subject, "*******82");
});

Deno.test("what goes out keeps the NL GOV profile, and comes in by it", () => {
  const { data, ...rest } = sent(0);
  const event = { ...rest, data: { ...data as object, citizen_bsn: "123456782" } };
  assertEquals(readInput(event, { strict: true, names: ours, now }).event_id, ID);
});

Deno.test("every type has a name that stands for it alone, in reverse domain notation", () => {
  for (const type of allEventTypes) {
    const name = defaultNames.nameOf(type, 3);
    assertMatch(name, /^nl\.schuldhulpverlening\.[a-z-]+\.v3$/);
    assertEquals(defaultNames.typeOf(name), { type, version: 3 });
    assertEquals(defaultNames.typeOf(type), { type, version: 1 });
  }
  assertThrows(() => new EventNames({ types: { "case.intake": "a.b", "case.decision": "a.b" } }), RangeError);
});

Deno.test("a configured name is the name, both ways", () => {
  const names = new EventNames({ types: { "case.intake": "nl.gemeente.aanmelding" }, source: "/cak" });
  assertEquals(sent(0, names).type, "nl.gemeente.aanmelding.v1");
  assertEquals(
    readInput({ ...cloudEvent, type: "nl.gemeente.aanmelding.v1" }, { names, now }).event_type,
    "case.intake",
  );
  assertEquals(names.typeOf("nl.schuldhulpverlening.zaak-aangemeld.v1"), undefined);
});

Deno.test("an id that is no UUID gives the same event each time, and another one from another source", () => {
  const [first, again] = [readInput(cloudEvent, { now }), readInput(cloudEvent, { now })];
  const other = readInput({ ...cloudEvent, source: "/other" }, { now });
  assertEquals(first.event_id, again.event_id);
  assertEquals([first.event_id === other.event_id, first.event_id[14]], [false, "7"]);
  const forged = readInput({ ...cloudEvent, id: "019b76da-a800-8000-8000-000000000001" }, { now });
  assertEquals(forged.event_id[14], "7");
});

Deno.test("the subject is the case, where the data names none, and never another one", () => {
  assertEquals(readInput(cloudEvent, { now }).data.case_id, CASE);
  assertEquals(faultsOf({ data: { ...cloudEvent.data, case_id: "another" } }), [
    "subject: must be the case_id of the data",
  ]);
  assertEquals(faultsOf({ subject: "123456789" }), [
    "data.case_id: is the citizen_bsn; give the case an id of its own",
  ]);
});

Deno.test("data may be base64, and null is no attribute", () => {
  const data_base64 = new TextEncoder().encode(JSON.stringify(cloudEvent.data)).toBase64();
  const { data: _, ...rest } = cloudEvent;
  const read = readInput({ ...rest, data_base64, dataschema: null }, { now });
  assertEquals(read.data.debt_type, "huur");
});

Deno.test("what the library refuses is refused, with the attribute and its rule", () => {
  const wrong: [object, string][] = [
    [{ source: "" }, "source: must be a URI reference"],
    [{ type: "" }, "type: must be a text that is not empty"],
    [{ Extension: "a" }, "the name of an attribute has lower-case letters and digits alone"],
    [{ time: "yesterday" }, "time: must be a time by RFC 3339"],
  ];
  for (const [change, fault] of wrong) {
    assertEquals(faultsOf(change), [fault]);
    assertThrows(() => new Judged({ ...cloudEvent, ...change } as never, true).validate());
  }
});

Deno.test("what breaks the specification or names no type of ours is refused", () => {
  const wrong: [object, string][] = [
    [{ specversion: "2.0" }, "specversion: must be 1.0"],
    [{ id: "" }, "id: must be a text that is not empty"],
    [{ extension: { a: 1 } }, "the value of an attribute is a text, a whole number or a boolean"],
    [{ datacontenttype: "text/xml" }, "datacontenttype: must be JSON"],
    [{ data_base64: "e30=" }, "data_base64: stands beside data"],
    [{ type: "nl.other.thing" }, "type: is none of this installation: `types --json` lists them"],
    [{ data: "text" }, "data: must be an object"],
  ];
  for (const [change, fault] of wrong) assertEquals(faultsOf(change), [fault]);
});

Deno.test("under strict the rules of the NL GOV profile hold too", () => {
  const data = { ...cloudEvent.data, citizen_bsn: "123456782" };
  const wrong: [object, string][] = [
    [{ source: "/cak" }, "source: must be urn:nld:oin:OIN:systeem:NAME"],
    [{ subject: "111222333" }, "an attribute may be a BSN: it passes the eleven-test"],
    [{ averylongnameofanattribute: "a" }, "the name of an attribute has at most 20 characters"],
    [{ type: "case.intake.v1.v2" }, "type: has more than one version"],
    [{ data: { ...data, note: "x".repeat(65_536) } }, "has more than 65536 bytes"],
  ];
  for (const [change, fault] of wrong) assertEquals(faultsOf({ data, ...change }, true), [fault]);
});

Deno.test("the library's own messages are read: structured and binary", () => {
  const event = new Judged(cloudEvent);
  const structured = JSON.parse(HTTP.structured(event).body as string);
  assertEquals(readInput(structured, { now }).data.debt_type, "huur");
});
