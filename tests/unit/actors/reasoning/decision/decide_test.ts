import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { assess } from "../../../../../actors/reasoning/decision/assessment.ts";
import {
  decide,
  type Decision,
  type WaitsForCaseworker,
} from "../../../../../actors/reasoning/decision/decide.ts";
import { planFollowUp } from "../../../../../actors/reasoning/workflow/follow_up.ts";
import { valueOn } from "../../../../../actors/reasoning/law/parameters.ts";
import { msnpMonths } from "../../../../../actors/reasoning/law/legal_parameters.ts";
import { dutchDay } from "../../../../../actors/reasoning/law/working_days.ts";
import { eventTypes } from "../../../../../schema/events.ts";
import { cents } from "../../../../../schema/money.ts";
import { anyIntake, anyTime, AT, bareIntake, fullIntake, type Intake } from "../intakes.ts";

function judged(intake: Intake, at = AT) {
  return decide(intake, assess(intake, {}, at), at);
}

function decidedOf(intake: Intake, at = AT): Decision["data"] {
  const result = judged(intake, at);
  if (result.kind !== "decision") throw new Error(JSON.stringify(result));
  return result.data;
}

function reasonsOf(intake: Intake): string[] {
  const result = judged(intake);
  if (result.kind !== "caseworker") throw new Error(JSON.stringify(result));
  return result.data.reasons.map((reason) => reason.code);
}

Deno.test("given a threat, the case is referred within three working days", () => {
  const data = decidedOf(fullIntake({ debt_type: "huur" }, { threats: ["eviction"] }));
  assertEquals(data.decision, "refer_assistance");
  assertEquals((data.terms as { due: string }[])[0]!.due, "2026-01-20");
  assertEquals((data.rules as { source: string }[])[0]!.source, "Wgs art. 4");
  assert((data.reason_nl as string).includes("ontruiming"));
});

Deno.test("given an urgent case that does not say why, it is treated as threatening", () => {
  assertEquals(decidedOf(bareIntake({ priority: "urgent" })).decision, "refer_assistance");
});

Deno.test("given a claim that costs more to collect than it is, it is forgiven", () => {
  const data = decidedOf(fullIntake({ debt_amount: cents(7_280), debt_type: "telecom" }));
  assertEquals(data.decision, "forgive");
  assertEquals(data.reason, "Collecting €72.80 would on average cost more (€72.80) than it brings in.");
});

Deno.test("given a fine, it is not forgiven however small", () => {
  const data = decidedOf(fullIntake({ debt_amount: cents(5_000), debt_type: "verkeersboete" }));
  assertEquals(data.decision, "collect");
});

Deno.test("given an income at assistance level, a local levy is forgiven, up to what the system may forgive", () => {
  const levy = { debt_type: "afvalstoffenheffing" };
  const poor = { income_source: "bijstand", monthly_income: cents(130_000) } as const;
  assertEquals(decidedOf(fullIntake({ ...levy, debt_amount: cents(30_500) }, poor)).decision, "forgive");
  assertEquals(reasonsOf(fullIntake({ ...levy, debt_amount: cents(60_000) }, poor)), ["forgive_over_limit"]);
});

Deno.test("given debts above a year's income, the case is referred", () => {
  assertEquals(decidedOf(fullIntake({}, { total_debt: cents(2_160_001) })).decision, "refer_assistance");
  assertEquals(decidedOf(fullIntake({}, { total_debt: cents(2_160_000) })).decision, "payment_plan");
});

Deno.test("given a claim that is paid at once, its plan has one instalment, in both languages", () => {
  const data = decidedOf(fullIntake({ debt_amount: cents(7_500) }));
  assert(data.next_steps.includes("Send the citizen the plan: 1 instalment of €75.00"));
  assert(data.next_steps_nl!.includes("Stuur de burger het plan: 1 termijn van € 75,00"));
});

Deno.test("given a claim beyond the room to repay, the case is referred", () => {
  const room = 9_000 * 18;
  assertEquals(decidedOf(fullIntake({ debt_amount: cents(room) })).decision, "payment_plan");
  assertEquals(decidedOf(fullIntake({ debt_amount: cents(room + 1) })).decision, "refer_assistance");
});

Deno.test("given a case of 2022, the scheme of 36 months decides", () => {
  const claim = fullIntake({ debt_amount: cents(9_000 * 30) });
  assertEquals(decidedOf(claim, "2022-05-01T10:00:00Z").decision, "payment_plan");
  assertEquals(decidedOf(claim, "2024-05-01T10:00:00Z").decision, "refer_assistance");
});

Deno.test("given a bare intake, a small arrangement is offered and a large one waits for a person", () => {
  const data = decidedOf(bareIntake({ debt_amount: cents(90_000) }));
  assertEquals(data.decision, "payment_plan");
  assert(data.next_steps.some((step) => step.includes("beslagvrije voet")));
  assertEquals(data.next_steps_nl!.length, data.next_steps.length);
  assertEquals(reasonsOf(bareIntake({ debt_amount: cents(90_001) })), ["unverified_instalment"]);
});

Deno.test("given the brief's example, a person decides: its BSN fails and no income is known", () => {
  const intake = bareIntake({ citizen_bsn: "123456789", debt_amount: cents(125_050) });
  const analysis = assess(intake, { marks: ["bsn_fails_eleven_test"] }, AT);
  const result = decide(intake, analysis, AT) as WaitsForCaseworker;
  assertEquals(result.kind, "caseworker");
  assertEquals(result.data.reasons.map((r) => r.code), [
    "low_confidence",
    "identity",
    "unverified_instalment",
  ]);
  assertEquals(result.data.term!.due, "2026-02-12");
});

Deno.test("given figures that contradict each other, a person decides", () => {
  assertEquals(reasonsOf(fullIntake({ debt_amount: cents(30_000) }, { total_debt: cents(20_000) })), [
    "contradictory",
  ]);
});

Deno.test("collecting that may be more than a person can pay at once is never the system's decision", () => {
  fc.assert(
    fc.property(anyIntake, anyTime, (intake, at) => {
      const result = judged(intake, at);
      if (result.kind !== "decision" || result.data.decision !== "collect") return;
      assert(intake.debt_amount <= (intake.profile?.monthly_income ?? -1));
    }),
    { numRuns: 500 },
  );
});

Deno.test("the same case has the same decision, a valid one, with reasons and sources, in full sentences", () => {
  fc.assert(
    fc.property(anyIntake, anyTime, (intake, at) => {
      const result = judged(intake, at);
      assertEquals(judged(structuredClone(intake), at), result);
      const { reason, reason_nl, rules } = result.data;
      const others = result.kind === "decision"
        ? [...result.data.next_steps, ...result.data.next_steps_nl!]
        : result.data.reasons.flatMap((each) => [each.reason, each.reason_nl]);
      const texts = [reason, reason_nl, ...others];
      assert(texts.every((text) => !/[{}?]|undefined|NaN/.test(String(text))), texts.join("\n"));
      assert((rules as { source: string }[])[0]!.source.length > 0);
      const type = result.kind === "decision" ? "case.decision" : "case.review_requested";
      eventTypes[type].schema.shape.data.encode(result.data as never);
    }),
    { numRuns: 500 },
  );
});

Deno.test("every decision leads somewhere: it closes, runs on to a deadline, or asks for a person", () => {
  const schema = eventTypes["case.completed"].schema.shape.data;
  fc.assert(fc.property(anyIntake, anyTime, (intake, at) => {
    const analysis = assess(intake, {}, at);
    for (const decision of ["forgive", "payment_plan", "collect", "refer_assistance"] as const) {
      const data = { case_id: intake.case_id, decision, decided_by: "jansen", reason: "x", next_steps: [] };
      const next = planFollowUp(data, intake, analysis, at, at);
      if (next.kind === "closes") schema.encode(next.completed);
      else if (next.kind === "continues") {
        const deadlines = next.plan ? next.missed_at! : next.terms.map((term) => term.expires_at);
        assert(deadlines.length > 0 && deadlines.every((deadline) => deadline > at));
      } else assertEquals(decision, "payment_plan");
    }
  }));
});

Deno.test("a plan conserves the claim to the cent, within the term and the room to repay", () => {
  fc.assert(fc.property(anyIntake, anyTime, (intake, at) => {
    const analysis = assess(intake, {}, at);
    const data = {
      case_id: intake.case_id,
      decision: "payment_plan",
      decided_by: "jansen",
      reason: "x",
      next_steps: [],
    } as const;
    const next = planFollowUp(data, intake, analysis, at, at);
    if (next.kind !== "continues") return;
    const amounts = next.plan!.instalments.map((instalment) => instalment.amount);
    assertEquals(amounts.reduce((sum, amount) => sum + amount, 0), intake.debt_amount as number);
    assert(amounts.length <= valueOn(msnpMonths, dutchDay(at)));
    const { capacity } = next.plan!;
    if (capacity !== undefined) assert(amounts.every((amount) => amount <= capacity));
  }));
});

Deno.test("a case that is forgiven closes as resolved, with its savings and who approved it", () => {
  const intake = fullIntake({ debt_amount: cents(5_000), debt_type: "telecom" });
  const analysis = assess(intake, {}, AT);
  const next = planFollowUp(decidedOf(intake), intake, analysis, AT, "2026-01-15T10:30:00Z");
  if (next.kind !== "closes") throw new Error(next.kind);
  assertEquals(next.completed, {
    case_id: "case-1",
    outcome: "resolved",
    duration_seconds: 1800,
    total_savings: analysis.estimated_savings,
  });
  assertEquals(next.forgiven?.approved_by, "system");
  assertEquals(next.forgiven?.amount, cents(5_000));
});

Deno.test("a decision that came before its case still leads somewhere", () => {
  const base = { case_id: "case-1", decided_by: "jansen", reason: "x", next_steps: [] };
  const kinds = (["forgive", "payment_plan", "collect", "refer_assistance"] as const).map((decision) =>
    planFollowUp({ ...base, decision }, undefined, undefined, AT, AT).kind
  );
  assertEquals(kinds, ["closes", "needs_review", "continues", "continues"]);
});
