import { assertEquals } from "@std/assert";
import { debtClass, knownDebtTypes } from "../../../../../actors/reasoning/rules/debt_classes.ts";
import { sourcedFigures } from "../../../../../simulators/cases/figures.ts";

Deno.test("the debt types that have a class are those of the domain data", () => {
  const ids = sourcedFigures.debt_types.map(({ id }) => id);
  assertEquals(knownDebtTypes.toSorted(), ids.toSorted());
});

Deno.test("a debt type that isn't in the domain data has the class unknown", () => {
  for (const type of ["iets_anders", "", "constructor"]) assertEquals(debtClass(type), "unknown");
});
