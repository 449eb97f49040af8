import { decisionTables } from "../../../../../actors/reasoning/rules/decision_table.ts";
import { assertExplained } from "./explained_rows.ts";

Deno.test("every row on a decision has a source and a reason in both languages", () => {
  assertExplained(decisionTables);
});
