import { reviewTables } from "../../../../../actors/reasoning/rules/review_table.ts";
import { assertExplained } from "./explained_rows.ts";

Deno.test("every row on a review has a source and a reason in both languages", () => {
  assertExplained(reviewTables);
});
