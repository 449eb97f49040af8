/** Human oversight: who asks for a person, what needs a mandate, and the sample. @module */
import { assert, assertEquals } from "@std/assert";
import { isSampled } from "../../../../../actors/reasoning/rules/oversight.ts";
import { demonstrationMandate, mandateFor } from "../../../../../actors/reasoning/rules/mandates.ts";
import { grantMandates } from "../../../../../actors/reasoning/rules/policy.ts";
import type { CaseEvent } from "../../../../../schema/events.ts";
import { cents } from "../../../../../schema/money.ts";
import { fullIntake } from "../intakes.ts";
import { CASE, CaseRun } from "../../processors/case_run.ts";

const AT = "2026-01-15T10:00:00.000Z";

/** An event from outside, with marks. */
function marked(run: CaseRun, type: "case.withdrawn" | "case.intervention_requested", marks: string[] = []) {
  const event = {
    event_id: crypto.randomUUID(),
    event_type: type,
    timestamp: AT,
    correlation_id: CASE,
    data: { case_id: CASE },
    metadata: { schema_version: 1, ...(marks.length === 0 ? {} : { marks }) },
  };
  return run.take(event as Parameters<CaseRun["take"]>[0]).settle();
}

const reasonsOf = (run: CaseRun) =>
  run.all("case.review_requested").map(({ data }) => data.reasons.map(({ code }) => code));

/** A case with a plan, decided on by the system. */
const withPlan = () =>
  new CaseRun().give("case.intake", fullIntake({ debt_amount: cents(54_000) }), AT).settle();

Deno.test("a withdrawal by anyone opens a review with a term, and closes nothing", () => {
  const run = withPlan();
  assertEquals(run.progress.state, "in_payment_plan");
  marked(run, "case.withdrawn", ["to_be_confirmed"]);
  assertEquals([run.progress.state, run.progress.ending], ["waiting_for_caseworker", undefined]);
  assertEquals(reasonsOf(run), [["withdrawal_unconfirmed"]]);
  assertEquals(run.all("case.review_requested")[0]!.data.term?.name, "caseworker_review");
  marked(run, "case.withdrawn", ["to_be_confirmed"]);
  assertEquals(reasonsOf(run).length, 1);
  marked(run, "case.withdrawn");
  assertEquals(run.progress.state, "completed:withdrawn");
});

Deno.test("before the analysis a withdrawal by anyone leads the analysis to a review", () => {
  const run = new CaseRun().give("case.intake", fullIntake({ debt_amount: cents(54_000) }), AT);
  marked(run, "case.withdrawn", ["to_be_confirmed"]);
  assertEquals(run.progress.state, "waiting_for_caseworker");
  assertEquals(reasonsOf(run), [["withdrawal_unconfirmed"]]);
  assertEquals(run.types.filter((type) => type === "decision"), []);
});

Deno.test("whoever asks for a person gets one, before a decision and after it", () => {
  const early = marked(new CaseRun().give("case.intake", fullIntake({}), AT), "case.intervention_requested");
  assert(reasonsOf(early)[0]!.includes("person_asked"));
  const late = marked(withPlan(), "case.intervention_requested");
  assertEquals([late.progress.state, reasonsOf(late)], ["waiting_for_caseworker", [["person_asked"]]]);
});

Deno.test("what a closed case is asked is refused, and says so", () => {
  const run = marked(withPlan(), "case.withdrawn");
  marked(run, "case.intervention_requested");
  assertEquals(run.types.at(-1), "event_refused");
});

const DAY = "2026-01-15";

Deno.test("the system collects and closes alone for generated cases, and for no other", () => {
  assertEquals(mandateFor("collect", 7_000, true, DAY), demonstrationMandate);
  assertEquals(mandateFor("collect", 7_000, false, DAY), undefined);
  assertEquals(mandateFor("forgive", 0, false, DAY), undefined);
});

Deno.test("an ordinary case that would be collected waits for a person, a generated one does not", () => {
  const fine = fullIntake({ debt_amount: cents(7_000), debt_type: "verkeersboete" });
  const generated = new CaseRun().give("case.intake", fine, AT).settle();
  assertEquals(generated.progress.state, "in_collection");
  assertEquals(generated.all("case.decision")[0]!.data.mandate, "demonstration");
  const ordinary = ordinaryFine();
  assertEquals(reasonsOf(ordinary), [["adverse_without_mandate"]]);
  assertEquals(ordinary.all("case.review_requested")[0]!.data.proposed, "collect");
});

Deno.test("an organisation's mandate lets the system collect up to its amount, from its first day, and is named", () => {
  const given = { name: "small fines", decisions: ["collect"], givenBy: "the board", since: DAY };
  grantMandates([{ ...given, upTo: 7_000 }]);
  try {
    const run = ordinaryFine();
    assertEquals(run.all("case.decision").map(({ data }) => [data.decision, data.mandate]), [[
      "collect",
      "small fines",
    ]]);
    assertEquals(mandateFor("collect", 7_001, false, DAY), undefined);
    assertEquals(mandateFor("forgive", 7_000, false, DAY), undefined);
    assertEquals(mandateFor("collect", 7_000, false, "2026-01-14"), undefined);
  } finally {
    grantMandates([]);
  }
  assertEquals(reasonsOf(ordinaryFine()), [["adverse_without_mandate"]]);
});

/** A fine that an organisation sends in, and that must be paid at once. */
function ordinaryFine(): CaseRun {
  const fine = fullIntake({ debt_amount: cents(7_000), debt_type: "verkeersboete" });
  const [intake] = new CaseRun().give("case.intake", fine, AT).log as [CaseEvent];
  return new CaseRun().take(
    {
      ...intake,
      data: { ...intake.data, ...euros(fine) },
      metadata: { schema_version: 1, source: "portal" },
    } as unknown as Parameters<CaseRun["take"]>[0],
  ).settle();
}

/** The amounts of an intake as they travel. */
function euros({ debt_amount, profile }: ReturnType<typeof fullIntake>) {
  const { monthly_income, total_debt, ...rest } = profile!;
  return {
    debt_amount: debt_amount / 100,
    profile: {
      ...rest,
      ...(monthly_income === undefined ? {} : { monthly_income: monthly_income / 100 }),
      ...(total_debt === undefined ? {} : { total_debt: total_debt / 100 }),
    },
  };
}

Deno.test("one case in twenty is in the sample, by its id alone", () => {
  const ids = Array.from({ length: 20_000 }, (_, n) => `case-${n}`);
  const share = ids.filter(isSampled).length / ids.length;
  // Four standard deviations of a share of 20,000.
  assert(Math.abs(share - 0.05) < 4 * Math.sqrt(0.05 * 0.95 / 20_000), `${share}`);
  assertEquals(ids.filter(isSampled), ids.filter(isSampled));
});
