import { assert, assertEquals } from "@std/assert";
import weights from "../../../../actors/reasoning/model/weights_v1.json" with { type: "json" };
import { currentTraining, trainModel } from "../../../../simulators/training/train_model.ts";

Deno.test("training twice with one seed gives the same bytes, another seed others", () => {
  const once = trainModel({ seed: "a", count: 1_500 });
  assertEquals(trainModel({ seed: "a", count: 1_500 }).files, once.files);
  assert(trainModel({ seed: "b", count: 1_500 }).files["weights_v1.json"] !== once.files["weights_v1.json"]);
});

Deno.test("the weights in use are those the training command makes, and beat the overall rate", () => {
  const trained = trainModel(currentTraining);
  assertEquals(JSON.parse(trained.files["weights_v1.json"]), weights);
  for (const report of trained.reports) assert(report.brier < report.brierOfRate, report.name);
});
