/**
 * `deno task architecture:shrink` takes off the list of known violations what no longer is, and adds nothing.
 * With `--reset` it writes the list anew. That is for a move of files alone, which changes the paths in the list: the
 * counts that it prints must not grow.
 * @module
 */
import { readKnownViolations, reset, shrunk, writeKnownViolations } from "./known_violations.ts";
import { rules } from "./rules/all.ts";
import { readSourceTree } from "./source_tree.ts";

const isReset = Deno.args.includes("--reset");
const [tree, known] = await Promise.all([readSourceTree(), readKnownViolations()]);
const lists = rules.map(({ id, violationsIn }) => {
  const before = known[id] ?? [];
  const after = isReset ? reset(violationsIn(tree)) : shrunk(violationsIn(tree), before);
  // deno-lint-ignore no-console -- a program of the command line
  console.log(`${id}: ${before.length} → ${after.length}`);
  return [id, after] as const;
});
await writeKnownViolations(Object.fromEntries(lists));
