import { assertEquals } from "@std/assert";
import { Handled } from "../../../../../backends/nats/mirror/remove_handled.ts";
import { NO_CHANGES, type RecordEvent } from "../../../../../backends/nats/journal/record/record.ts";
import { eventIdsIn } from "../../../../../backends/nats/operations/ingest.ts";
import type { StreamMessage } from "../../../../../backends/nats/stream/direct_get.ts";
import { anEvent } from "../../../../support/events.ts";

const CREATED = "2026-01-01T00:00:00Z";

function message(position: number, value: unknown, subject = "cases.ingest"): StreamMessage {
  return {
    subject,
    position,
    recordedAt: Date.parse(CREATED) + position,
    payload: typeof value === "string" ? value : JSON.stringify(value),
    deleted: false,
    raw: undefined,
    reason: "",
    sentTo: "",
    traceparent: "",
    eventHeaders: undefined,
  };
}

/** An event without an id, as a producer may leave it. */
const bare = (caseId: string) => ({ ...anEvent(caseId, 1), event_id: undefined });

/** A record that stores these. */
const storing = (...ids: readonly string[]) => ({
  changes: NO_CHANGES,
  events: ids.map((eventId) => ({ eventId }) as RecordEvent),
});

Deno.test("what is in the log is over, by its own id or the one that its place made, alone or in an array", () => {
  const waiting = [
    message(1, anEvent("a", 1)),
    message(2, bare("b")),
    message(3, [bare("c"), bare("d")]),
    message(4, bare("e")),
  ];
  const handled = new Handled(waiting, [], CREATED);
  handled.take(
    storing(anEvent("a", 1).event_id, ...waiting.slice(1, 3).flatMap((m) => eventIdsIn(m, CREATED))),
  );
  assertEquals(handled.ingested(), { before: 0, taken: [1, 2, 3] });
});

Deno.test("what stands in front of the messages that were taken together with the last one is over", () => {
  const waiting = [message(10, "no event"), message(2_000, anEvent("a", 1))];
  const handled = new Handled(waiting, [], CREATED);
  handled.take(storing(anEvent("a", 1).event_id));
  assertEquals(handled.ingested(), { before: 1_501, taken: [2_000] });
});

Deno.test("what is in the inbox does not wait, and what a person dealt with there is over", () => {
  const subject = (position: number) => `cases-inbox.${Date.parse(CREATED)}-${position}`;
  const waiting = [message(5, "no event"), message(6, "none either"), message(7, anEvent("a", 1))];
  const rejected = [message(1, "no event", subject(5)), message(2, "none either", subject(6))];
  const handled = new Handled(waiting, rejected, CREATED);
  const act = { at: CREATED, by: "m.visser", why: "no use" };
  const trail = [
    { ...act, act: "inbox_discard", caseId: "inbox", eventId: "1" },
    { ...act, act: "review", caseId: "a", eventId: "2" },
  ];
  handled.take({ events: [], changes: { ...NO_CHANGES, trail } });
  assertEquals(handled.ingested().taken, [5, 6]);
  assertEquals([...handled.rejected], [1]);
});
