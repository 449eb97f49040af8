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
import { repaymentCapacity } from "../../../../../actors/reasoning/decision/capacity.ts";
import { ordinaryMonths } from "../../../../../actors/reasoning/law/legal_parameters.ts";
import { dutchDay } from "../../../../../actors/reasoning/law/working_days.ts";
import { eventTypes } from "../../../../../schema/events.ts";
import { cents } from "../../../../../schema/money.ts";
import { anyIntake, anyTime, AT, bareIntake, fullIntake, type Intake } from "../intakes.ts";

/** The rules alone decide, for cases that the runtime generated itself. */
const UNDER_MANDATE = { asked: undefined, isSimulated: true };

function judged(intake: Intake, at = AT) {
  return decide(intake, assess(intake, {}, at), at, UNDER_MANDATE);
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

Deno.test("given a claim that costs more to collect than it is, the creditor is asked to let it go", () => {
  const data = decidedOf(fullIntake({ debt_amount: cents(7_280), debt_type: "telecom" }));
  assertEquals(data.decision, "payment_plan");
  assert(data.next_steps.some((step) => step.startsWith("Ask the creditor to let €72.80 go")));
});

Deno.test("given a fine below what may be paid in instalments, it is collected, however small", () => {
  const data = decidedOf(fullIntake({ debt_amount: cents(5_000), debt_type: "verkeersboete" }));
  assertEquals(data.decision, "collect");
  assert(data.next_steps.some((step) => step.includes("emergency stop")));
});

Deno.test("given a municipal levy at assistance level, remission is proposed and a person tests the means", () => {
  const levy = { debt_type: "afvalstoffenheffing" };
  const poor = { income_source: "bijstand", monthly_income: cents(130_000) } as const;
  assertEquals(reasonsOf(fullIntake({ ...levy, debt_amount: cents(30_500) }, poor)), ["means_test"]);
  assertEquals(reasonsOf(fullIntake({ ...levy, debt_amount: cents(60_000) }, poor)), [
    "means_test",
    "forgive_over_limit",
  ]);
});

Deno.test("given an income far above assistance level, social assistance as its source proposes no remission", () => {
  const rich = { income_source: "bijstand", monthly_income: cents(500_000) } as const;
  const levy = fullIntake({ debt_type: "afvalstoffenheffing", debt_amount: cents(30_500) }, rich);
  assertEquals(decidedOf(levy).decision, "payment_plan");
});

Deno.test("given a claim that is paid at once, its plan has one instalment, in both languages", () => {
  const data = decidedOf(fullIntake({ debt_amount: cents(7_500) }));
  assert(data.next_steps.includes("Send the citizen the plan: 1 instalment of €75.00"));
  assert(data.next_steps_nl!.includes("Stuur de burger het plan: 1 termijn van € 75,00"));
});

Deno.test("given a levy that could be forgiven beside problematic debts, the person is referred first", () => {
  const poor = { income_source: "bijstand", monthly_income: cents(130_000), creditors: 4 } as const;
  const levy = fullIntake({ debt_type: "afvalstoffenheffing" }, { ...poor, total_debt: cents(900_000) });
  assertEquals(decidedOf(levy).decision, "refer_assistance");
});

Deno.test("given debts that 36 months of the room to repay do not pay, the case is referred, however small the claim", () => {
  const total = 9_000 * 36;
  const beside = (total_debt: number, debt_amount = 36_000) =>
    decidedOf(
      fullIntake({ debt_amount: cents(debt_amount) }, { total_debt: cents(total_debt), creditors: 3 }),
    );
  assertEquals(beside(total).decision, "payment_plan");
  assertEquals(beside(total * 2).decision, "refer_assistance");
  assertEquals(beside(total * 2, 1_985).decision, "refer_assistance");
});

Deno.test("given other creditors, a plan pays this one its part of the room to repay", () => {
  const intake = fullIntake({ debt_amount: cents(60_000) }, { total_debt: cents(180_000), creditors: 3 });
  const next = planFollowUp(decidedOf(intake), intake, undefined, AT, AT);
  if (next.kind !== "continues") throw new Error(next.kind);
  assertEquals([next.plan?.capacity, next.plan?.share, next.plan?.months], [9_000, 3_000, 20]);
  assert(next.plan!.instalments.every(({ amount }) => amount <= 3_000));
});

Deno.test("given other debts of which nothing is known, a person decides on a plan", () => {
  const { profile, ...claim } = fullIntake({}, { creditors: 3 });
  const { total_debt: _total, ...rest } = profile!;
  assert(reasonsOf({ ...claim, profile: rest }).includes("other_debts_unknown"));
});

Deno.test("given other debts and no income, a person decides, and a bare intake may still be offered a small plan", () => {
  const { profile, ...claim } = fullIntake({}, { total_debt: cents(900_000), creditors: 9 });
  const { monthly_income: _income, ...rest } = profile!;
  assert(reasonsOf({ ...claim, profile: rest }).includes("income_unknown"));
  assertEquals(decidedOf(bareIntake()).decision, "payment_plan");
});

Deno.test("given a day before any beslagvrije voet is known, a person looks it up", () => {
  const result = judged(fullIntake({ debt_amount: cents(20_000) }), "2020-06-01T10:00:00Z");
  if (result.kind !== "caseworker") throw new Error(result.kind);
  assert(result.data.reasons.some(({ code }) => code === "figure_missing"));
});

Deno.test("given a raised beslagvrije voet that takes an arrangement away, a person decides", () => {
  // Between the published €2,093.67 and the raised €2,166.95 there is room by the one and none by the other.
  const income = { monthly_income: cents(215_000) };
  assertEquals(reasonsOf(fullIntake({}, income)), ["raised_figure_decides"]);
  assertEquals(decidedOf(fullIntake({}, income), "2025-12-01T10:00:00Z").decision, "payment_plan");
});

Deno.test("a decision names the dated figures it rests on, and how sure they are", () => {
  const { figures, rules } = decidedOf(fullIntake());
  assertEquals(figures, [{
    id: "beslagvrije_voet_max_single",
    from: "2025-07-01",
    certainty: "assumption",
    raised: 0.035,
  }]);
  assertEquals((rules as { certainty: string }[])[0]!.certainty, "assumption");
});

Deno.test("given a claim beyond the room to repay within its creditor's term, the case is referred", () => {
  const tax = (debt_amount: number) =>
    decidedOf(fullIntake({ debt_type: "belasting_inkomstenbelasting", debt_amount: cents(debt_amount) }));
  assertEquals(tax(9_000 * 12).decision, "payment_plan");
  assertEquals(tax(20_000 * 12).decision, "refer_assistance");
});

Deno.test("given a case of 2023, the beslagvrije voet of 2023 decides", () => {
  const claim = fullIntake({ debt_amount: cents(30_000) }, { monthly_income: cents(196_281) });
  assertEquals(decidedOf(claim, "2023-02-01T10:00:00Z").figures![0]!.from, "2023-01-01");
  assertEquals(decidedOf(claim, "2023-02-01T10:00:00Z").decision, "payment_plan");
  assertEquals(decidedOf(claim, "2024-02-01T10:00:00Z").decision, "refer_assistance");
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
      const { monthly_income: income = 0, household } = intake.profile ?? {};
      assert(intake.debt_amount <= (repaymentCapacity(income, household, dutchDay(at))?.cents ?? -1));
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
    assert(amounts.length <= valueOn(ordinaryMonths, dutchDay(at)));
    const { capacity, share } = next.plan!;
    if (capacity === undefined) return;
    assert(share! <= capacity && amounts.every((amount) => amount <= share!));
  }));
});

Deno.test("a case that is forgiven closes as resolved, with its savings and who approved it", () => {
  const intake = fullIntake({ debt_amount: cents(5_000), debt_type: "telecom" });
  const analysis = assess(intake, {}, AT);
  const decision = { ...decidedOf(intake), decision: "forgive", decided_by: "jansen" } as const;
  const next = planFollowUp(decision, intake, analysis, AT, "2026-01-15T10:30:00Z");
  if (next.kind !== "closes") throw new Error(next.kind);
  assertEquals(next.completed, {
    case_id: "case-1",
    outcome: "resolved",
    duration_seconds: 1800,
    total_savings: analysis.estimated_savings,
  });
  assertEquals(next.forgiven?.approved_by, "jansen");
  assertEquals(next.forgiven?.amount, cents(5_000));
});

Deno.test("a decision that came before its case still leads somewhere", () => {
  const base = { case_id: "case-1", decided_by: "jansen", reason: "x", next_steps: [] };
  const kinds = (["forgive", "payment_plan", "collect", "refer_assistance"] as const).map((decision) =>
    planFollowUp({ ...base, decision }, undefined, undefined, AT, AT).kind
  );
  assertEquals(kinds, ["closes", "needs_review", "continues", "continues"]);
});
