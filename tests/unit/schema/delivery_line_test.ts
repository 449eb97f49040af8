/** The forms in which events are kept and travel: whatever goes in comes out. @module */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeEvent, encodeEvent } from "../../../schema/codec.ts";
import { allEventTypes, type WireEvent } from "../../../schema/events.ts";
import { deliveryLine, heldLine, parseLine, parseRow, storeRow } from "../../../schema/delivery_line.ts";
import { anEvent } from "../../support/events.ts";

/** Case ids as input accepts them. */
const caseIds = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) =>
  // deno-lint-ignore no-control-regex
  text.length <= 128 && !/[\u0000-\u001f\u007f]/.test(text) && text.isWellFormed()
);

const events: fc.Arbitrary<WireEvent> = fc.record({
  event_id: fc.uuid(),
  event_type: fc.constantFrom(...allEventTypes),
  timestamp: fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 0)), noInvalidDate: true }).map((at) =>
    at.toISOString()
  ),
  correlation_id: caseIds,
  data: fc.dictionary(fc.string(), fc.jsonValue()).map((data) => JSON.parse(JSON.stringify(data))),
  metadata: fc.record({ schema_version: fc.integer({ min: 1, max: 99 }), source: fc.string() }),
});

const deliveries = fc.record({
  position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  version: fc.integer({ min: 1, max: 1e9 }),
  recordedAt: fc.integer({ min: 0, max: Date.UTC(9999, 0) }),
  attempt: fc.integer({ min: 1, max: 99 }),
  held: fc.boolean(),
  event: events,
});

Deno.test("a delivery comes out of its line as it went in, on one line, whatever it holds", () => {
  fc.assert(fc.property(deliveries, (delivery) => {
    const line = deliveryLine(delivery);
    assertEquals(line.split("\n").length, 1);
    assertEquals(parseLine(line), delivery);
  }));
});

/** A line of which one field is replaced by what is none of its kind. */
const brokenLines = fc.tuple(deliveries, fc.nat(10), fc.oneof(fc.string(), fc.json())).map(
  ([delivery, at, text]) => {
    const field = deliveryLine(delivery).split("\t");
    return field.with(at, text).join("\t");
  },
);

Deno.test("no text makes reading a line throw: what is no event says so and keeps what is stored", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), brokenLines), (line) => {
    const { malformed, event, recordedAt, position } = parseLine(line);
    assertEquals(new Date(event.timestamp).toISOString(), event.timestamp);
    if (malformed === undefined) return;
    assertEquals([event.data, Number.isFinite(position), Number.isFinite(recordedAt)], [{}, true, true]);
    assertEquals(line.endsWith(malformed.raw), true);
  }));
});

Deno.test("a time between two milliseconds is no date, and a place between two is read as the one before", () => {
  const delivery = {
    position: 7,
    version: 1,
    attempt: 1,
    held: false,
    recordedAt: 5,
    event: anEvent("c", 1),
  };
  const field = deliveryLine(delivery).split("\t");
  for (const [time, recordedAt] of [["5e-324", "5"], ["0.5", "5.5"], ["-0.5", "-5.5"]] as const) {
    const read = parseLine(field.with(4, recordedAt).with(8, time).join("\t"));
    assertEquals(read.malformed?.reason, "timestamp: is not a date");
    assertEquals(read.recordedAt, Math.trunc(Number(recordedAt)));
    assertEquals(Date.parse(read.event.timestamp), read.recordedAt);
  }
});

Deno.test("a held line is the same delivery, held, also where it can't be read", () => {
  fc.assert(fc.property(deliveries, (delivery) => {
    assertEquals(heldLine(deliveryLine(delivery)), deliveryLine({ ...delivery, held: true }));
  }));
  assertEquals(heldLine("7\t0\t1\t0\t5\tx"), "7\t0\t1\t1\t5\tx");
});

Deno.test("an event comes out of its store row as it went in, with its partition", () => {
  fc.assert(fc.property(events, fc.nat(1023), (event, partition) => {
    const row = storeRow(event, partition);
    assertEquals(row.split("\n").length, 1);
    assertEquals(parseRow(row), { partition, event });
  }));
});

for (const type of allEventTypes) {
  Deno.test(`a ${type} is decoded and encoded without loss, amounts with two decimals`, () => {
    const wire = anEvent("case 1", 1, type);
    const encoded = encodeEvent(decodeEvent(wire));
    assertEquals(JSON.parse(JSON.stringify(encoded)), wire);
    for (
      const [, euros] of JSON.stringify(encoded).matchAll(/"(?:debt_amount|amount|total_savings)":([\d.]+)/g)
    ) {
      assertEquals(euros!.split(".")[1]?.length, 2);
    }
  });
}

Deno.test("metadata of the same length is told apart from the metadata read before it", () => {
  for (const source of ["a", "b", "b", "a"]) {
    const event = { ...anEvent("c", 1), metadata: { schema_version: 1, source } };
    const line = deliveryLine({ position: 1, version: 1, attempt: 1, held: false, recordedAt: 0, event });
    assertEquals(parseLine(line).event.metadata, event.metadata);
  }
});
