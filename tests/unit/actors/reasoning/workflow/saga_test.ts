import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Continues, planFollowUp } from "../../../../../actors/reasoning/workflow/follow_up.ts";
import {
  foldRunning,
  nextDeadline,
  react,
  type Running,
  type RunningEvent,
  type SagaAction,
  startRunning,
  startWaiting,
} from "../../../../../actors/reasoning/workflow/saga.ts";
import { reviewTerm } from "../../../../../actors/reasoning/law/terms.ts";
import type { DataOf } from "../../../../../schema/events.ts";
import { cents } from "../../../../../schema/money.ts";
import { AT, fullIntake } from "../intakes.ts";

function running(decision: DataOf<"case.decision">["decision"], amount = 27_000): Running {
  const intake = fullIntake({ debt_amount: cents(amount) });
  const data = { case_id: "case-1", decision, decided_by: "jansen", reason: "x", next_steps: [] };
  return startRunning(planFollowUp(data, intake, undefined, AT, AT) as Continues, amount);
}

/** Plays events until one closes the case; a missed instalment comes back as an event, as in the runtime. */
function play(start: Running, events: RunningEvent[]): SagaAction {
  let state = start;
  let last: SagaAction = { kind: "waits" };
  const queue = [...events];
  for (let event = queue.shift(); event; event = queue.shift()) {
    last = react(state, event);
    state = foldRunning(state, event);
    if (last.kind === "closes") break;
    if (last.kind === "missed") {
      queue.unshift({ event_type: "case.payment_missed", data: { instalment: last.instalment } });
    }
  }
  return last;
}

const expiry = ({ deadlines }: Running, i: number): RunningEvent => {
  const { term, due } = deadlines[i]!;
  return { event_type: "case.term_expired", data: { term, due } };
};
const accepted = (stage: "first_meeting" | "plan" | "plan_paid", timestamp: string): RunningEvent => ({
  event_type: "case.assistance_accepted",
  timestamp,
  metadata: { moment: timestamp },
  data: { stage },
});
const paid = (amount: number): RunningEvent => ({
  event_type: "case.payment_received",
  data: { amount: cents(amount) },
});

Deno.test("a plan that is paid is resolved, whether in instalments or at once", () => {
  const plan = running("payment_plan");
  assertEquals(plan.deadlines.map((d) => d.paid_by_then), [9_000, 18_000, 27_000]);
  const inTurn = [paid(9_000), expiry(plan, 0), paid(9_000), expiry(plan, 1), paid(9_000)];
  assertEquals(play(plan, inTurn), { kind: "closes", outcome: "resolved" });
  assertEquals(play(plan, [paid(27_000)]), { kind: "closes", outcome: "resolved" });
});

Deno.test("one missed instalment is a warning, a second escalates", () => {
  const plan = running("payment_plan");
  const missed = react(plan, expiry(plan, 0));
  assertEquals(missed, { kind: "missed", instalment: 1, due: "2026-02-15" });
  assertEquals(play(plan, [expiry(plan, 0), expiry(plan, 1)]), { kind: "closes", outcome: "escalated" });
});

Deno.test("arrears that are made good are not held against the citizen", () => {
  const plan = running("payment_plan");
  const made = [expiry(plan, 0), paid(9_000), expiry(plan, 1)];
  assertEquals(play(plan, made).kind, "waits");
});

Deno.test("an organisation and a timer that report the same missed instalment count once", () => {
  const plan = running("payment_plan");
  const twice: RunningEvent[] = [
    { event_type: "case.payment_missed", data: { instalment: 1 } },
    expiry(plan, 0),
  ];
  assertEquals(play(plan, twice).kind, "waits");
});

Deno.test("a plan not paid by its last instalment escalates", () => {
  const plan = running("payment_plan");
  const late = [paid(18_000), expiry(plan, 0), expiry(plan, 1), expiry(plan, 2)];
  assertEquals(play(plan, late), { kind: "closes", outcome: "escalated" });
});

Deno.test("a timer that fires twice, or after the deadline was met, changes nothing", () => {
  const referred = running("refer_assistance");
  const met = accepted("first_meeting", AT);
  assertEquals(play(referred, [met, expiry(referred, 0)]).kind, "waits");
  const decides = expiry(foldRunning(referred, met), 1);
  assertEquals(play(referred, [met, decides]).kind, "asks_again");
});

Deno.test("the term for the plan counts from the day of the first meeting, not from its last possible day", () => {
  const referred = running("refer_assistance");
  assertEquals(referred.deadlines.map(({ due }) => due), ["2026-02-12", "2026-04-09"]);
  const soon = foldRunning(referred, accepted("first_meeting", "2026-01-20T10:00:00Z"));
  assertEquals(nextDeadline(soon)?.due, "2026-03-17");
  const late = foldRunning(referred, accepted("first_meeting", "2026-03-01T10:00:00Z"));
  assertEquals(nextDeadline(late)?.due, "2026-04-09");
});

Deno.test("assistance that leads to a plan resolves the case once the plan is paid", () => {
  const referred = running("refer_assistance");
  const [plan, planPaid] = [accepted("plan", AT), accepted("plan_paid", AT)];
  assertEquals(play(referred, [plan]), { kind: "waits" });
  const planned = foldRunning(referred, plan);
  assertEquals(planned.state, "in_assistance");
  assertEquals(play(planned, [planPaid]), { kind: "closes", outcome: "resolved" });
  assertEquals(play(running("collect"), [planPaid]), { kind: "waits" });
});

Deno.test("a debt plan has the term of a scheme with discharge, from the moment it was told of", () => {
  const referred = running("refer_assistance");
  const recorded = { ...accepted("plan", "2023-06-30T10:00:00Z"), metadata: { moment: AT } };
  assertEquals(nextDeadline(foldRunning(referred, recorded))?.due, "2027-07-15");
  const before = foldRunning(referred, accepted("plan", "2023-06-30T10:00:00Z"));
  assertEquals(nextDeadline(before), {
    term: "debt_plan",
    due: "2026-06-30",
    expires_at: "2026-07-14T22:00:00Z",
    paid_by_then: 0,
  });
});

Deno.test("a debt plan of which nobody says that it was paid closes nothing: the team lead is asked, once", () => {
  const planned = foldRunning(running("refer_assistance"), accepted("plan", AT));
  const asked = react(planned, expiry(planned, 0));
  assert(asked.kind === "asks_again" && asked.code === "debt_plan_unconfirmed");
  const over = foldRunning(planned, expiry(planned, 0));
  assertEquals([over.state, nextDeadline(over)], ["in_assistance", undefined]);
  assertEquals(play(over, [accepted("plan_paid", AT)]), { kind: "closes", outcome: "resolved" });
  const anew = foldRunning(over, accepted("plan", "2027-09-01T10:00:00Z"));
  assertEquals(nextDeadline(anew)?.due, "2029-03-01");
});

Deno.test("a municipality that is late closes nothing: the team lead is asked, and the next term runs", () => {
  const referred = running("refer_assistance");
  const noMeeting = react(referred, expiry(referred, 0));
  assertEquals(noMeeting, {
    kind: "asks_again",
    code: "municipality_late",
    reason:
      "The municipality held no first meeting by 2026-02-12: the case stays open, and whoever leads the team must see to it.",
    reason_nl:
      "De gemeente heeft uiterlijk op 12 februari 2026 geen eerste gesprek gevoerd: de zaak blijft open, en de teamleider moet dit oppakken.",
  });
  const late = foldRunning(referred, expiry(referred, 0));
  assertEquals([late.state, nextDeadline(late)?.term], ["referred", "decision_on_plan"]);
  assertEquals(play(late, [expiry(referred, 1)]).kind, "asks_again");
  assertEquals(play(late, [accepted("plan_paid", AT)]), { kind: "closes", outcome: "resolved" });
});

Deno.test("a collected claim is resolved when paid, escalates when its term expires", () => {
  const collected = running("collect");
  assertEquals(play(collected, [paid(20_000), paid(7_000)]), { kind: "closes", outcome: "resolved" });
  assertEquals(play(collected, [paid(26_999), expiry(collected, 0)]), {
    kind: "closes",
    outcome: "escalated",
  });
});

Deno.test("what is paid is no longer awaited, in arrears or ahead", () => {
  const plan = running("payment_plan");
  assertEquals(nextDeadline(foldRunning(plan, paid(18_000))), plan.deadlines[2]!);
  const late: RunningEvent[] = [paid(9_000), { event_type: "case.payment_missed", data: { instalment: 1 } }];
  assertEquals(late.reduce(foldRunning, plan).missed, []);
});

Deno.test("a caseworker who is late does not cost the citizen the case", () => {
  const waiting = startWaiting(reviewTerm("2026-01-15", false));
  assertEquals(react(waiting, expiry(waiting, 0)).kind, "asks_again");
});

Deno.test("whatever happens, a running case closes by its last deadline", () => {
  const amounts = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 3, maxLength: 3 });
  fc.assert(fc.property(amounts, (payments) => {
    const plan = running("payment_plan");
    const events = payments.flatMap((amount, i) => [paid(amount), expiry(plan, i)]);
    const last = play(plan, events);
    assertEquals(last.kind, "closes");
    const sum = payments.reduce((total, amount) => total + amount, 0);
    if (sum < 27_000) assertEquals(last, { kind: "closes", outcome: "escalated" });
  }));
  assert(nextDeadline(running("collect")) !== undefined);
});
