import { assert, assertEquals } from "@std/assert";
import { encodeRecord } from "../../../../../../backends/nats/journal/record/encode_record.ts";
import { bytesOfEvent } from "../../../../../../backends/nats/journal/record/event_lines.ts";
import { MAX_RECORD_BYTES, NO_CHANGES } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead, pendingEvent, versioned } from "../../../../../support/nats_log/records.ts";

const plain = (events: ReturnType<typeof versioned>) =>
  encodeRecord({ head: aHead(), changes: NO_CHANGES, events });

Deno.test("a small record is stored as it is, a large one of alike events in an eighth of its bytes", () => {
  const small = versioned("a", 5);
  const bytes = small.reduce((sum, { event }) => sum + event.body.length, 0);
  assert(plain(small).payload.length > bytes);
  const large = versioned("a", 400);
  const raw = large.reduce((sum, { event }) => sum + event.body.length, 0);
  assert(plain(large).payload.length < raw / 8);
});

Deno.test("what does not compress takes hardly more than its own bytes", () => {
  const events = Array.from(
    { length: 20 },
    (_, i) => ({ version: 1, event: pendingEvent(`c${i}`, 1, 40_000) }),
  );
  const raw = events.reduce((sum, { event }) => sum + bytesOfEvent(event), 0);
  assert(raw < MAX_RECORD_BYTES);
  assert(plain(events).payload.length < raw + 2_000);
});

Deno.test("the size of an event is never less than what it takes", () => {
  const event = pendingEvent("a", 1);
  const { record } = plain([{ version: 999_999_999, event }]);
  assertEquals(bytesOfEvent(event), "999999999".length + record.events[0]!.rest.length + "\n".length);
});
