/** The drawing of the workflow in the documentation. @module */
import { assertStringIncludes } from "@std/assert";
import { drawWorkflow } from "../../../../../actors/reasoning/workflow/workflow.ts";

Deno.test("the workflow in the documentation is the one in the code", async () => {
  const page = await Deno.readTextFile(
    new URL("../../../../../actors/reasoning/workflow/WORKFLOW.md", import.meta.url),
  );
  assertStringIncludes(page, "```mermaid\n" + drawWorkflow().trimEnd() + "\n```");
});
