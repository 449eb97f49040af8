import { assertEquals } from "@std/assert";
import { policyFields } from "../../../../../actors/application.ts";
import { policyBoundTexts } from "../../../../../console/web/texts/policy_bounds.ts";

Deno.test("every bound of the policy says what it does", () => {
  const named = Object.keys(policyBoundTexts).filter((key) => key !== "bound.own");
  assertEquals(named.toSorted(), policyFields.map(({ name }) => `bound.${name}`).toSorted());
});
