/**
 * Guards the structure of the repository: who may import whom, how large things grow, what they are called.
 * The rules stand in `tests/support/architecture/rules`; what they still find today is in `known_violations.json` there.
 * @module
 */
import { assertEquals } from "@std/assert";
import { complaints, readKnownViolations } from "../support/architecture/known_violations.ts";
import { rules } from "../support/architecture/rules/all.ts";
import { readSourceTree } from "../support/architecture/source_tree.ts";

const [tree, known] = await Promise.all([readSourceTree(), readKnownViolations()]);

for (const { id, sentence, violationsIn } of rules) {
  Deno.test(`architecture: ${sentence}`, () => {
    const found = complaints(violationsIn(tree), known[id] ?? []);
    if (found.length > 0) throw new Error(`${id}:\n${found.join("\n")}`);
  });
}

Deno.test("architecture: the list of known violations names rules only, each key once and in order", () => {
  const ids = new Set(rules.map(({ id }) => id));
  assertEquals(Object.keys(known).filter((id) => !ids.has(id)), []);
  for (const keys of Object.values(known)) assertEquals(keys, [...new Set(keys)].sort());
});
