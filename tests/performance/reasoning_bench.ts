/** Prints the speed of the reasoning; asserts nothing. Run with `deno run`. @module */
import { assess } from "../../actors/reasoning/decision/assessment.ts";
import { decisionFacts, figuresOf } from "../../actors/reasoning/decision/case_figures.ts";
import { decide } from "../../actors/reasoning/decision/decide.ts";
import { planFollowUp } from "../../actors/reasoning/workflow/follow_up.ts";
import { model } from "../../actors/reasoning/model/model.ts";
import { decisionRules } from "../../actors/reasoning/rules/decision_table.ts";
import { type EventOf, eventTypes } from "../../schema/events.ts";
import { generateCases } from "../../simulators/case_generator.ts";

const AT = "2026-01-15T10:00:00Z";

/** Best of a few rounds, in operations a second, after a warm-up. */
export function rate<T>(inputs: readonly T[], once: (input: T) => unknown, rounds = 8): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (const input of inputs) once(input);
    best = Math.min(best, performance.now() - start);
  }
  return inputs.length / best * 1000;
}

function intakes(profile: boolean) {
  return [...generateCases({ seed: "bench", count: 10_000, profile })].map(({ event }) =>
    (eventTypes["case.intake"].schema.parse(event) as EventOf<"case.intake">).data
  );
}

if (import.meta.main) {
  for (const profile of [true, false]) {
    const cases = intakes(profile).map((intake) => {
      const analysis = assess(intake, {}, AT);
      const facts = decisionFacts(intake, figuresOf(intake, AT.slice(0, 10)), analysis.recommended_action);
      return { intake, analysis, facts, decided: decide(intake, analysis, AT) };
    });
    const figures = {
      "rules, decisions/s": rate(cases, ({ facts }) => decisionRules.match(facts, "2026-01-15")),
      "model, scores/s": rate(cases, ({ intake }) => model.score(intake, AT)),
      "assess/s": rate(cases, ({ intake }) => assess(intake, {}, AT)),
      "decide, with texts and terms/s": rate(cases, ({ intake, analysis }) => decide(intake, analysis, AT)),
      "followUp/s": rate(
        cases,
        ({ intake, analysis, decided }) =>
          decided.kind === "decision" && planFollowUp(decided.data, intake, analysis, AT, AT),
      ),
    };
    for (const [name, value] of Object.entries(figures)) {
      // deno-lint-ignore no-console
      console.log(
        `${profile ? "with profile" : "bare event"}: ${name} ${Math.round(value).toLocaleString("en")}`,
      );
    }
  }
}
