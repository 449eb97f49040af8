import { assertEquals } from "@std/assert";
import { AT, bareIntake } from "../reasoning/intakes.ts";
import { CaseRun } from "./case_run.ts";

Deno.test("given any number of intakes, then each has its own analysis", () => {
  const run = new CaseRun().give("case.intake", bareIntake(), AT).give("case.intake", bareIntake(), AT)
    .settle();
  const causes = run.all("case.analysis").map(({ metadata }) => metadata.causation_id);
  assertEquals(causes, run.all("case.intake").map(({ event_id }) => event_id));
});
