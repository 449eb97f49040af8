import { assertEquals, assertThrows } from "@std/assert";
import { CloudEvent as Judged, HTTP } from "cloudevents";
import {
  BATCH,
  binaryHeaders,
  cloudEventsIn,
  STRUCTURED,
  structuredText,
} from "../../../../schema/cloudevents/bindings.ts";
import type { CloudEvent } from "../../../../schema/cloudevents/cloud_event.ts";
import { InvalidEvent } from "../../../../schema/codec.ts";

const event: CloudEvent = {
  specversion: "1.0",
  id: "1",
  source: "/cak",
  type: "case.intake",
  subject: 'zaak één "1" 100%',
  datacontenttype: "application/json",
  data: { debt_amount: 12.5 },
};

Deno.test("a binary message of the library is read as its structured one", () => {
  const { headers, body } = HTTP.binary(new Judged({ ...event, subject: "zaak-1" }));
  const read = cloudEventsIn(headers as Record<string, string>, JSON.parse(body as string));
  const { time: _, ...rest } = read as Record<string, unknown>;
  assertEquals(rest, { ...event, subject: "zaak-1" });
});

Deno.test("headers are read by the library, and come back as they were", () => {
  const headers = Object.fromEntries(binaryHeaders(event));
  assertEquals(headers["ce-subject"], "zaak%20%C3%A9%C3%A9n%20%221%22%20100%25");
  const judged = HTTP.toEvent({ headers, body: JSON.stringify(event.data) }) as Judged<unknown>;
  assertEquals([judged.id, judged.type, judged.data], [event.id, event.type, event.data]);
  assertEquals(cloudEventsIn(headers, event.data), event);
});

Deno.test("a content type that promises CloudEvents is held to it", () => {
  assertEquals(cloudEventsIn({ "content-type": `${STRUCTURED}; charset=utf-8` }, event), event);
  assertEquals(cloudEventsIn({ "content-type": BATCH }, [event]), [event]);
  assertEquals(cloudEventsIn({ "content-type": "application/json" }, { case_id: "1" }), { case_id: "1" });
  for (const [type, body] of [[STRUCTURED, {}], [BATCH, event], [BATCH, [{}]]] as const) {
    assertThrows(() => cloudEventsIn({ "content-type": type }, body), InvalidEvent);
  }
  assertThrows(() => cloudEventsIn({ "ce-specversion": "1.0", "ce-id": "%" }, {}), InvalidEvent);
});

Deno.test("a message with headers as one text keeps its data as it was written", () => {
  const headers = { "ce-specversion": "1.0", "ce-id": "1", "content-type": "application/json" };
  const text = structuredText(headers, '{"amount":12.50}');
  assertEquals(
    text,
    '{"specversion":"1.0","id":"1","datacontenttype":"application/json","data":{"amount":12.50}}',
  );
  assertEquals(structuredText({ "content-type": "application/json" }, "[]"), "[]");
});
