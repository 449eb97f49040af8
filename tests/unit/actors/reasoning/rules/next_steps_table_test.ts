import { stepTables } from "../../../../../actors/reasoning/rules/next_steps_table.ts";
import { assertExplained } from "./explained_rows.ts";

Deno.test("every row on the next steps has a source and a reason in both languages", () => {
  assertExplained(stepTables);
});
