import { assertEquals } from "@std/assert";
import { outcomeOf } from "../../../../actors/failures/failure_outcome.ts";
import type { FailedAttempt } from "../../../../actors/worker/protocol.ts";

const policy = { maxAttempts: 3, backoff: { firstMs: 100, longestMs: 1_000 } };
const now = new Date("2026-01-01T00:00:00Z");
const error = { class: "TypeError", message: "odd", stack: "TypeError: odd\n    at handle" };
const failed: FailedAttempt = {
  position: 7,
  eventId: "id",
  eventType: "case.intake",
  caseId: "case-1",
  attempt: 1,
  held: false,
  final: false,
  error,
};

function outcomeAfter(change: Partial<FailedAttempt>) {
  return outcomeOf("intake", { ...failed, ...change }, policy, now, 1).outcome;
}

const at = "2026-01-01T00:00:00.000Z";
const retry = (afterMs: number) => ({ kind: "retry" as const, error: { ...error, at }, afterMs });
const dead = { kind: "deadLetter" as const, error: { ...error, at } };

Deno.test("a failed attempt is retried, with a longer wait each time, until attempts run out", () => {
  const outcomes = [1, 2, 3, 4].map((attempt) => outcomeAfter({ attempt }));
  assertEquals(outcomes, [retry(100), retry(200), dead, dead]);
});

Deno.test("what no retry can help is a dead letter at its first attempt", () => {
  assertEquals(outcomeAfter({ final: true }), dead);
});

Deno.test("what is to be held is tried for ever, and what is to be a dead letter is one at once", () => {
  const rules = (outcome: "hold" | "deadLetter") => ({ ...policy, errors: { TypeError: { outcome } } });
  const late = { ...failed, attempt: 99, final: true };
  assertEquals(outcomeOf("intake", late, rules("hold"), now, 1).outcome, retry(1_000));
  assertEquals(outcomeOf("intake", failed, rules("deadLetter"), now, 1).outcome, dead);
});

Deno.test("what was held stays held, whatever else is said of it", () => {
  assertEquals(outcomeAfter({ held: true, final: true, attempt: 9 }), { kind: "held" });
});

Deno.test("a verdict carries the ids of its delivery", () => {
  const { outcome: _, ...ids } = outcomeOf("intake", failed, policy, now, 0);
  assertEquals(ids, { position: 7, eventId: "id", caseId: "case-1", attempt: 1 });
});
