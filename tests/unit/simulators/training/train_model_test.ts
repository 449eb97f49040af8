import { assert, assertEquals } from "@std/assert";
import weights from "../../../../actors/reasoning/model/weights.json" with { type: "json" };
import { featureNames } from "../../../../actors/reasoning/model/features.ts";
import { ageBands, households, incomeSources } from "../../../../schema/events.ts";
import { assumedSlopes, trainedActions } from "../../../../simulators/training/synthetic_outcomes.ts";
import { currentTraining, trainModel } from "../../../../simulators/training/train_model.ts";

Deno.test("training twice with one seed gives the same bytes, another seed others", () => {
  const once = trainModel({ seed: "a", count: 1_500 });
  assertEquals(trainModel({ seed: "a", count: 1_500 }).files, once.files);
  assert(trainModel({ seed: "b", count: 1_500 }).files["weights.json"] !== once.files["weights.json"]);
});

Deno.test("the weights in use are those the training command makes, and beat the overall rate", () => {
  const trained = trainModel(currentTraining);
  assertEquals(JSON.parse(trained.files["weights.json"]), weights);
  for (const report of trained.heads) assert(report.brier < report.brierOfRate, report.name);
});

Deno.test("a head uses what is assumed to have an effect on its action, in that direction, and nothing else", () => {
  for (
    const [head, action] of [
      ...trainedActions.map((name) => [name, name] as const),
      ["risk", "collect"] as const,
    ]
  ) {
    const signs = featureNames.map((name) => Math.sign(assumedSlopes[action][name] ?? 0));
    const learnt = weights.heads[head].weights.map((weight) => Math.sign(weight));
    assertEquals(learnt, head === "risk" ? signs.map((sign) => sign === 0 ? 0 : -sign) : signs, head);
  }
  const used = trainedActions.flatMap((action) => Object.keys(assumedSlopes[action]));
  assertEquals(featureNames.filter((name) => !used.includes(name)), []);
});

Deno.test("the card has the error of every group with its interval, and what was observed lies in most of them", () => {
  const { groups, files } = trainModel(currentTraining);
  for (const errors of [groups.success, groups.risk]) {
    assertEquals(errors.length, ageBands.length + households.length + incomeSources.length);
    const missed = errors.filter(({ predicted, observedInterval: [from, to] }) =>
      predicted < from || predicted > to
    );
    // Of 21 intervals of 95 %, more than five missed by chance: one in a thousand.
    assert(missed.length <= 5, missed.map(({ group }) => group).join());
    for (const { group } of errors) assert(files["CARD.md"].includes(`| ${group} `), group);
  }
});
