/** The rows of cases say what the whole history of a case says, and nothing of the person behind it. @module */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { pendingReview } from "../../../../actors/acts/caseworker.ts";
import { cases, waitNames } from "../../../../actors/projections/cases.ts";
import { advance, deadlineOf, initialProgress } from "../../../../actors/reasoning/workflow/progress.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import { allEventTypes, type CaseEvent, type EventType } from "../../../../schema/events.ts";
import { anEvent } from "../../../support/events.ts";

type Row = NonNullable<ReturnType<typeof cases.project>>;

const decisions = ["forgive", "payment_plan", "collect", "refer_assistance"] as const;
const review = { name: "caseworker_review", due: "2026-02-09", expires_at: "2026-02-09T23:00:00Z" } as const;

/** What the same kind of event may say. */
const variants: Partial<Record<EventType, readonly Record<string, unknown>[]>> = {
  "case.intake": [{}, { debt_type: "energie", profile: { threats: ["eviction"], monthly_income: 1_400 } }],
  "case.decision": decisions.map((decision) => ({ decision })),
  "case.review_requested": [{}, { term: review, proposed: "forgive" }, { asked_of: "team_lead" }],
  "case.term_expired": [{}, { term: review.name, due: review.due }, { due: "2026-03-01" }],
  "case.assistance_accepted": [{ stage: "first_meeting" }, { stage: "plan" }, { stage: "plan_paid" }],
  "case.completed": [{ outcome: "resolved" }, { outcome: "withdrawn" }],
};

function anyEvent(type: EventType, variant: number, n: number): CaseEvent {
  const event = anEvent("case-1", n, type);
  const choices = variants[type] ?? [{}];
  return decodeEvent({ ...event, data: { ...event.data, ...choices[variant % choices.length] } });
}

/** Folds as a store does: each row goes through JSON. */
function fold(events: readonly CaseEvent[]): Row {
  return events.reduce<Row | undefined>((row, event, i) => {
    const projected = cases.project({ event, version: i + 1, position: i + 1, recordedAt: 0 }, row);
    return JSON.parse(JSON.stringify(projected));
  }, undefined)!;
}

const histories = fc.array(fc.tuple(fc.constantFrom(...allEventTypes), fc.nat(5)), {
  minLength: 1,
  maxLength: 12,
})
  .map((drawn) => drawn.map(([type, variant], i) => anyEvent(type, variant, i + 1)));

Deno.test("a row folded event by event says of a case what its whole history says", () => {
  fc.assert(fc.property(histories, (events) => {
    const row = fold(events);
    const progress = events.reduce(advance, initialProgress);
    const state = progress.state.startsWith("completed:") ? "completed" : progress.state;
    const asked = pendingReview(progress);
    assert(row.waits_for === null || waitNames.includes(row.waits_for), `${row.waits_for}`);
    assertEquals(
      [row.state, row.due, row.review_since, row.version, row.latest],
      [
        state,
        deadlineOf(progress)?.due ?? null,
        asked?.timestamp ?? null,
        events.length,
        events.at(-1)!.event_type,
      ],
    );
    assertEquals(row.review_since === null ? null : row.waits_for, asked?.data.asked_of ?? null);
  }));
});

Deno.test("no row holds a BSN, an income or a name, not even in what it keeps for itself", () => {
  fc.assert(fc.property(histories, (events) => {
    const text = JSON.stringify(fold(events));
    for (const word of ["123456782", "income", "1400", "decided_by", "fits"]) {
      assert(!text.includes(word), word);
    }
  }));
});

Deno.test("a closed case waits for nothing, and keeps nothing for later events", () => {
  const { state, waits_for, outcome, closed_at, progress } = fold([
    anyEvent("case.intake", 0, 1),
    anyEvent("case.decision", 0, 2),
    anyEvent("case.completed", 0, 3),
    anyEvent("case.payment_received", 0, 4),
  ]);
  assertEquals([state, waits_for, outcome, progress], ["completed", null, "resolved", null]);
  assertEquals(closed_at, anEvent("case-1", 3).timestamp);
});

Deno.test("a case that reopens is open again, with what it waits for", () => {
  const at = (time: string) => ({ timestamp: time, metadata: { schema_version: 1, moment: time } });
  const plan = {
    instalments: [{ due: "2026-02-01", amount: 625.25 }, { due: "2026-03-01", amount: 625.25 }],
  };
  const event = (type: EventType, time: string, data: Record<string, unknown> = {}) => {
    const wire = anEvent("case-1", 1, type);
    return decodeEvent({ ...wire, ...at(time), data: { ...wire.data, ...data } });
  };
  const begun = [
    event("case.intake", "2026-01-01T00:00:00Z"),
    event("case.decision", "2026-01-01T00:00:00Z", { decision: "payment_plan" }),
    event("case.payment_plan_created", "2026-01-01T00:00:00Z", plan),
    event("case.payment_missed", "2026-02-16T00:00:00Z", { instalment: 1 }),
    event("case.payment_missed", "2026-03-16T00:00:00Z", { instalment: 2, due: "2026-03-01" }),
    event("case.completed", "2026-03-16T00:00:00Z", { outcome: "escalated" }),
  ];
  const closed = fold(begun);
  assertEquals([closed.state, closed.outcome, closed.waits_for], ["completed", "escalated", null]);
  const late = {
    timestamp: "2026-03-01T12:00:00Z",
    metadata: { schema_version: 1, moment: "2026-03-17T00:00:00Z" },
  };
  const payment = { ...event("case.payment_received", "2026-03-01T12:00:00Z"), ...late } as CaseEvent;
  const { state, outcome, closed_at, waits_for } = fold([
    ...begun,
    payment,
    event("case.reopened", "2026-03-17T00:00:00Z"),
  ]);
  assertEquals([state, outcome, closed_at, waits_for], ["in_payment_plan", null, null, "instalment"]);
});

Deno.test("processing times are those of the case's own clock", () => {
  const row = fold([
    anyEvent("case.intake", 0, 1),
    anyEvent("case.analysis", 0, 61),
    anyEvent("case.decision", 2, 121),
  ]);
  assertEquals([row.seconds_to_decision, row.decision, row.waits_for], [120, "collect", "payment"]);
});

Deno.test("a case whose municipality is late waits for the team lead, and is listed with the reviews", () => {
  const referred = [anyEvent("case.intake", 1, 1), anyEvent("case.decision", 3, 2)];
  const alarm = decodeEvent({
    ...anEvent("case-1", 3, "case.review_requested"),
    data: {
      case_id: "case-1",
      asked_of: "team_lead",
      reasons: [{ code: "municipality_late", reason: "late" }],
      rules: [],
    },
  });
  const { state, waits_for, review_reasons, review_since } = fold([...referred, alarm]);
  assertEquals([state, waits_for, review_reasons], ["referred", "team_lead", "municipality_late"]);
  assert(review_since !== null);
  const met = fold([...referred, alarm, anyEvent("case.assistance_accepted", 0, 4)]);
  assertEquals([met.state, met.waits_for, met.review_since], ["referred", "decision_on_plan", null]);
});
