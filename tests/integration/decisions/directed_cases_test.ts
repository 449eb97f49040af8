/** Cases that experts tried by hand, each with the value it must have. @module */
import { assert, assertEquals } from "@std/assert";
import { assess } from "../../../actors/reasoning/decision/assessment.ts";
import { decide } from "../../../actors/reasoning/decision/decide.ts";
import { planTerm } from "../../../actors/reasoning/law/terms.ts";
import { planFollowUp } from "../../../actors/reasoning/workflow/follow_up.ts";
import type { Profile } from "../../../schema/events.ts";
import { cents } from "../../../schema/money.ts";
import { AT, fullIntake } from "../../unit/actors/reasoning/intakes.ts";

/** A claim of a type, in euros, with what is known of a single person; the total is the claim unless it is given. */
function claim(
  debt_type: string,
  euros: number,
  person: Partial<Profile> & { euros?: number; income: number },
) {
  const { euros: total = euros, income, ...profile } = person;
  const amounts = {
    total_debt: cents(Math.round(total * 100)),
    monthly_income: cents(Math.round(income * 100)),
  };
  return fullIntake({ debt_type, debt_amount: cents(Math.round(euros * 100)) }, { ...amounts, ...profile });
}

/** The rules alone decide, for cases that the runtime generated itself. */
const UNDER_MANDATE = { asked: undefined, isSimulated: true };

function judged(intake: ReturnType<typeof claim>, at = AT) {
  const result = decide(intake, assess(intake, {}, at), at, UNDER_MANDATE);
  const { data } = result;
  return {
    by: result.kind === "decision" ? "system" : "caseworker",
    action: result.kind === "decision" ? result.data.decision : result.data.proposed,
    reason: String(data.reason),
    data,
  };
}

Deno.test("a loan of €968 beside 20 creditors, on social assistance, is referred and gets no plan of its own", () => {
  const loan = claim("persoonlijke_lening", 968, {
    income: 1_368,
    income_source: "bijstand",
    creditors: 21,
    euros: 7_737,
  });
  assertEquals(judged(loan).action, "refer_assistance");
});

Deno.test("an online shop's €983 beside 41 creditors is referred", () => {
  const shop = claim("webwinkel_postorder", 983, { income: 1_541.6, creditors: 42, euros: 9_314 });
  assertEquals(judged(shop).action, "refer_assistance");
});

Deno.test("an insurer's €182 at an income of €343 is referred", () => {
  const premium = claim("verzekeringspremie", 182, { income: 343, creditors: 13, euros: 6_000 });
  assertEquals(judged(premium).action, "refer_assistance");
});

Deno.test("a deferred payment of €19.85 beside €12,382 of debts is referred, not forgiven", () => {
  const later = claim("achteraf_betalen", 19.85, { income: 1_700, creditors: 26, euros: 12_382 });
  assertEquals([judged(later).action, judged(later).by], ["refer_assistance", "system"]);
});

Deno.test("a small claim at an income of €6,000 is not forgiven by the system, whoever the creditor is", () => {
  for (
    const type of ["achteraf_betalen", "drinkwater", "belasting_inkomstenbelasting", "telecom", "energie"]
  ) {
    assertEquals(judged(claim(type, 50, { income: 6_000 })).action, "payment_plan", type);
  }
});

Deno.test("an income of nothing and one claim is referred, and the text speaks of the room to repay", () => {
  const { action, reason } = judged(claim("telecom", 1_000, { income: 0, threats: [] }));
  assertEquals(action, "refer_assistance");
  assertEquals(
    reason,
    "All debts together (€1,000.00) cannot be paid within 36 months from the room to repay (€0.00 a month); " +
      "one claim cannot be solved alone.",
  );
});

Deno.test("a fine of €120 may be paid in instalments since 2019", () => {
  const fine = claim("verkeersboete", 120, { income: 2_600 });
  assertEquals(judged(fine).action, "payment_plan");
  // The beslagvrije voet of 2018 had another formula and is not in the figures: a person decides.
  const before = judged(claim("verkeersboete", 120, { income: 4_000 }), "2018-06-01T10:00:00Z");
  assertEquals(before.by, "caseworker");
});

Deno.test("a fine that cannot be paid at once nor in instalments goes to a person", () => {
  const fine = claim("verkeersboete", 70, { income: 2_186.95 });
  assertEquals([judged(fine).by, judged(fine).action], ["caseworker", "collect"]);
});

Deno.test("a mortgage with a threat of eviction is referred within three working days at any income", () => {
  const mortgage = claim("hypotheek", 70_000, { income: 9_000, threats: ["eviction"] });
  const { data } = judged(mortgage);
  assertEquals((data.terms as { due: string }[])[0]!.due, "2026-01-20");
});

Deno.test("child maintenance is never forgiven; what fits one month is a plan of one instalment", () => {
  const maintenance = claim("kinderalimentatie", 300, { income: 2_600 });
  const { action, data } = judged(maintenance);
  assertEquals(action, "payment_plan");
  const decision = {
    case_id: data.case_id,
    decision: "payment_plan",
    decided_by: "system",
    reason: "x",
  } as const;
  const next = planFollowUp(decision, maintenance, undefined, AT, AT);
  assertEquals(next.kind === "continues" && next.plan?.months, 1);
});

Deno.test("no remission of a levy at an income of €5,000, social assistance or not", () => {
  const levy = claim("afvalstoffenheffing", 305, { income: 5_000, income_source: "bijstand" });
  assert(judged(levy).action !== "forgive");
});

Deno.test("referred and met on 30 November 2026, the decision is due on 25 January 2027", () => {
  assertEquals(planTerm("2026-11-30").due, "2027-01-25");
});
