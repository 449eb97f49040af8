/**
 * What an expert checks of decisions, over 20,000 generated cases at a fixed seed for each of two half years. The
 * bounds are worked out here anew from the published amounts, not by the code that decides.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { assess } from "../../../actors/reasoning/decision/assessment.ts";
import { decide } from "../../../actors/reasoning/decision/decide.ts";
import type { PaymentPlan } from "../../../actors/reasoning/decision/payment_plan.ts";
import type { CaseAction } from "../../../actors/reasoning/rules/decision_table.ts";
import { planFollowUp } from "../../../actors/reasoning/workflow/follow_up.ts";
import { eventTypes } from "../../../schema/events.ts";
import { generateCases } from "../../../simulators/case_generator.ts";
import type { Intake } from "../../unit/actors/reasoning/intakes.ts";

/** Highest beslagvrije voet from 1 July 2025, in cents: the last published one. */
const published = { eenpersoons: 209_367, eenouder: 226_467, paar_zonder_kinderen: 277_107 } as const;
const publishedFamily = 288_800;

/** Two half years: in the first the amounts are published, in the second they are raised by the assumed 3.5%. */
const halfYears = [
  { from: "2025-07-01T00:00:00.000Z", rise: 1, count: 20_000 },
  { from: "2026-01-01T00:00:00.000Z", rise: 1.035, count: 20_000 },
] as const;

interface Judged {
  readonly intake: Intake;
  /** Who decides. */
  readonly by: "system" | "caseworker";
  /** What is decided, or proposed to a person. */
  readonly action: CaseAction;
  readonly reasons: readonly string[];
  /** The plan that follows. */
  readonly plan: PaymentPlan | undefined;
  /** Room to repay a month, as worked out here; undefined where the income is not known. */
  readonly room: number | undefined;
  readonly savings: number;
}

const schema = eventTypes["case.intake"].schema;

function roomOf({ profile }: Intake, rise: number): number | undefined {
  if (profile?.monthly_income === undefined) return undefined;
  const voet = published[profile.household as keyof typeof published] ?? publishedFamily;
  return Math.max(0, profile.monthly_income - Math.ceil(voet * rise));
}

/** The same case with facts missing: a fifth has no total of debts, a tenth no income, a tenth no number of creditors. */
function withGaps(intake: Intake, i: number): Intake {
  if (intake.profile === undefined) return intake;
  const { total_debt, monthly_income, creditors, ...rest } = intake.profile;
  return {
    ...intake,
    profile: {
      ...rest,
      ...(i % 5 === 0 ? {} : { total_debt }),
      ...(i % 10 === 1 ? {} : { monthly_income }),
      ...(i % 10 === 5 ? {} : { creditors }),
    } as NonNullable<Intake["profile"]>,
  };
}

function judge(intake: Intake, at: string, rise: number): Judged {
  const analysis = assess(intake, {}, at);
  const judged = decide(intake, analysis, at, { asked: undefined, isSimulated: true });
  const action = judged.kind === "decision" ? judged.data.decision : judged.data.proposed!;
  const decision = { case_id: intake.case_id, decision: action, decided_by: "jansen", reason: "x" };
  const next = action === "payment_plan" ? planFollowUp(decision, intake, analysis, at, at) : undefined;
  return {
    intake,
    by: judged.kind === "decision" ? "system" : "caseworker",
    action,
    reasons: judged.kind === "decision" ? [] : judged.data.reasons.map(({ code }) => code),
    plan: next?.kind === "continues" ? next.plan : undefined,
    room: roomOf(intake, rise),
    savings: analysis.estimated_savings,
  };
}

function judgeAll(change: (intake: Intake, i: number) => Intake = (intake) => intake): Judged[] {
  return halfYears.flatMap(({ from, rise, count }) =>
    [...generateCases({ seed: "review", count, from, gaps: false })].map(({ event }, i) => {
      const { data, timestamp } = schema.parse(event);
      return judge(change(data, i), timestamp, rise);
    })
  );
}

const generated = judgeAll();
const gapped = judgeAll(withGaps);
const all = [...generated, ...gapped];

function assertNone(found: readonly Judged[], what: string): void {
  assertEquals(found.slice(0, 1), [], `${found.length} ${what}`);
}

const claimOf = ({ intake }: Judged) => intake.debt_amount as number;
const totalOf = ({ intake }: Judged) => intake.profile?.total_debt as number | undefined;
/** The cases of which the income and all debts are known. */
const complete = all.filter((each) => each.room !== undefined && totalOf(each) !== undefined);
const largest = ({ plan }: Judged) => Math.max(0, ...plan!.instalments.map(({ amount }) => amount));

Deno.test("no plan pays a creditor more than its part of the room to repay", () => {
  const plans = complete.filter(({ action }) => action === "payment_plan");
  assert(plans.length > 1_000, `${plans.length} plans`);
  assertNone(plans.filter(({ plan }) => plan === undefined), "plans do not fit");
  assertNone(
    plans.filter((each) => largest(each) * totalOf(each)! > each.room! * claimOf(each)),
    "plans above the part of the creditor",
  );
});

Deno.test("no plan is longer than its creditor's arrangement, and none than 36 months", () => {
  const longest = ({ debt_type }: Intake) =>
    debt_type.startsWith("belasting_") ? 12 : debt_type.includes("toeslag") ? 24 : 36;
  assertNone(
    all.filter(({ plan, intake }) => plan !== undefined && plan.months > longest(intake)),
    "plans too long",
  );
});

Deno.test("no instalment is above the room to repay, and a plan adds up to its claim", () => {
  const plans = all.filter(({ plan }) => plan !== undefined);
  const known = plans.filter(({ room }) => room !== undefined);
  assertNone(known.filter((each) => largest(each) > each.room!), "instalments above the room");
  assertNone(
    plans.filter((each) =>
      each.plan!.instalments.reduce((sum, { amount }) => sum + amount, 0) !== claimOf(each)
    ),
    "plans that do not add up",
  );
});

Deno.test("nothing is collected that leaves less than the beslagvrije voet", () => {
  const collected = all.filter(({ by, action }) => by === "system" && action === "collect");
  assert(collected.length > 0);
  assertNone(collected.filter((each) => each.room === undefined), "collected without an income");
  assertNone(collected.filter((each) => claimOf(each) > each.room!), "collected below the beslagvrije voet");
});

Deno.test("no referral is missing where debts are problematic or a household is threatened", () => {
  const problematic = complete.filter((each) => totalOf(each)! > each.room! * 36);
  assert(problematic.length > 1_000);
  const remission = (each: Judged) =>
    each.action === "forgive" && each.by === "caseworker" && totalOf(each) === claimOf(each);
  assertNone(
    problematic.filter((each) => each.action !== "refer_assistance" && !remission(each)),
    "problematic and not referred",
  );
  assertNone(
    all.filter(({ intake, action, by }) =>
      intake.priority === "urgent" && (action !== "refer_assistance" || by !== "system")
    ),
    "threatened and not referred at once",
  );
});

Deno.test("only municipal levies are forgiven, and never by the system", () => {
  const forgiven = all.filter(({ action }) => action === "forgive");
  assert(forgiven.length > 0);
  assertNone(forgiven.filter(({ by }) => by === "system"), "forgiven by the system");
  assertNone(
    forgiven.filter(({ intake }) => intake.debt_type !== "afvalstoffenheffing"),
    "other claims forgiven",
  );
});

Deno.test("what is not known goes to a person where it matters, and stays the exception", () => {
  const unknownOthers = all.filter((each) =>
    totalOf(each) === undefined && (each.intake.profile?.creditors ?? 2) > 1 && each.room !== undefined
  );
  assertNone(
    unknownOthers.filter(({ by, action }) =>
      by === "system" && (action === "payment_plan" || action === "collect")
    ),
    "decided without knowing of other debts",
  );
  assertNone(
    all.filter((each) =>
      each.by === "system" && each.plan !== undefined && each.room === undefined &&
      (totalOf(each) ?? 0) > claimOf(each)
    ),
    "plans beside other debts without an income",
  );
  const waiting = generated.filter(({ by }) => by === "caseworker").length;
  assert(waiting <= generated.length / 4, `${waiting} of ${generated.length} wait for a person`);
});

Deno.test("a raised figure is put before a person only where it takes an arrangement away", () => {
  const raised = all.filter(({ reasons }) => reasons.includes("raised_figure_decides"));
  assert(raised.length > 0 && raised.length < all.length / 50, `${raised.length} cases`);
  assertNone(
    raised.filter(({ action }) => action !== "refer_assistance"),
    "raised figures that decide otherwise",
  );
});

Deno.test("the saving of a case is that of its own claim", () => {
  assertNone(all.filter(({ savings }) => savings > 7_280), "savings above the cost of one claim");
});
