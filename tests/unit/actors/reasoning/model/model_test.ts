import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assess } from "../../../../../actors/reasoning/decision/assessment.ts";
import { featureNames } from "../../../../../actors/reasoning/model/features.ts";
import { model, modelOf, type Weights } from "../../../../../actors/reasoning/model/model.ts";
import weights from "../../../../../actors/reasoning/model/weights.json" with { type: "json" };
import {
  ageBands,
  eventTypes,
  households,
  incomeSources,
  intakeChannels,
} from "../../../../../schema/events.ts";
import { cents } from "../../../../../schema/money.ts";
import { anyIntake, anyTime, AT, bareIntake, fullIntake, type Intake } from "../intakes.ts";

/** The score of `fullIntake()` by the weights in use. */
const GOLDEN = {
  risk_score: 19.7,
  success_probability: 0.9192,
  recommended_action: "payment_plan",
  estimated_savings: 6692,
  analysis_confidence: 1,
};

const codesOf = (analysis: Readonly<Record<string, unknown>>) =>
  (analysis.reason_codes as { code: string }[]).map(({ code }) => code);

Deno.test("who a person is does not change the score by a bit", () => {
  const person = fc.record({
    citizen_bsn: fc.constantFrom("999993653", "123456782", "111222333"),
    organization: fc.string({ minLength: 1, maxLength: 30 }),
    intake_channel: fc.constantFrom(...intakeChannels),
  });
  const profile = fc.record({
    household: fc.constantFrom(...households),
    age_band: fc.constantFrom(...ageBands),
    municipality: fc.string({ minLength: 1, maxLength: 30 }),
    income_source: fc.constantFrom(...incomeSources),
    contact: fc.record({ name: fc.string({ minLength: 1 }), phone: fc.string({ minLength: 1 }) }),
  });
  fc.assert(fc.property(anyIntake, person, profile, (intake, who, about) => {
    const changed = { ...intake, ...who };
    if (intake.profile) changed.profile = { ...intake.profile, ...about };
    assertEquals(model.score(changed as Intake, AT), model.score(intake, AT));
  }));
});

Deno.test("the same intake has the same analysis, and a valid one", () => {
  const schema = eventTypes["case.analysis"].schema.shape.data;
  fc.assert(fc.property(anyIntake, anyTime, (intake, at) => {
    const analysis = assess(intake, {}, at);
    assertEquals(assess(structuredClone(intake), {}, at), analysis);
    schema.encode(analysis);
  }));
});

const pinned = { monthly_income: cents(180_000), creditors: 3, total_debt: cents(400_000) };

Deno.test("an intake scores as it did when the weights were made, on every machine", () => {
  const { reason_codes: _, ...score } = model.score(fullIntake({}, pinned), AT);
  assertEquals<unknown>(score, GOLDEN);
});

Deno.test("a bare intake is scored with less confidence, and the reason codes say what was missed", () => {
  const bare = assess(bareIntake(), {}, AT), full = assess(fullIntake(), {}, AT);
  assertEquals([bare.analysis_confidence, full.analysis_confidence], [0.6, 1]);
  const missed = codesOf(bare).filter((code) => code.startsWith("missing:"));
  assertEquals(missed, ["monthly_income", "total_debt", "creditors", "threats"].map((f) => `missing:${f}`));
  assertEquals(codesOf(full).filter((code) => code.startsWith("missing:")), []);
});

Deno.test("a debt type nobody knows is missed too", () => {
  const analysis = assess(fullIntake({ debt_type: "iets_anders" }), {}, AT);
  assertEquals(analysis.analysis_confidence, 0.9);
  assert(codesOf(analysis).includes("missing:debt_type"));
});

Deno.test("a BSN that fails the eleven-test lowers the confidence and is said", () => {
  const analysis = assess(fullIntake(), { marks: ["bsn_fails_eleven_test"] }, AT);
  assertEquals(analysis.analysis_confidence, 0.8);
  assert(codesOf(analysis).includes("bsn_fails_eleven_test"));
});

Deno.test("an amount outside the training is clamped, and said", () => {
  const analysis = assess(fullIntake({ debt_amount: 100_000_000_000 as Intake["debt_amount"] }), {}, AT);
  assert(codesOf(analysis).includes("outside_training:claim_to_income"));
  assert(analysis.analysis_confidence < 1);
});

Deno.test("a heavier burden never raises the chance that a payment plan succeeds", () => {
  const burden = featureNames.indexOf("debts_to_income");
  assert(weights.heads.payment_plan.weights[burden]! < 0);
});

Deno.test("a reason is a feature with an effect, or a fact that is missed; the kind of claim and its priority are none", () => {
  fc.assert(fc.property(anyIntake, (intake) => {
    for (const { code, effect } of model.score(intake, AT).reason_codes) {
      assertEquals(effect !== undefined && effect !== 0, featureNames.includes(code as never), code);
    }
    const other = { ...intake, priority: "low" as const };
    assertEquals(model.score(other, AT), model.score(intake, AT));
  }));
});

Deno.test("an analysis says that its model was trained on synthetic histories", () => {
  assertEquals(assess(fullIntake(), {}, AT).basis, "synthetic");
});

Deno.test("weights for other features are refused", () => {
  assertThrows(
    () => modelOf({ ...weights as Weights, features: ["citizen_bsn"] }),
    RangeError,
    "other features",
  );
});
