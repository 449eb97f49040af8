/**
 * Guards the structure of the repository: who may import whom, how large things grow, what they are called.
 * The rules stand in `tests/support/architecture/rules`, one a file.
 * @module
 */
import { rules } from "../support/architecture/rules/all.ts";
import { readSourceTree } from "../support/architecture/source_tree.ts";

const tree = await readSourceTree();

for (const { id, sentence, violationsIn } of rules) {
  Deno.test(`architecture: ${sentence}`, () => {
    const found = new Set(violationsIn(tree).map(({ message }) => message));
    if (found.size > 0) throw new Error(`${id}:\n${[...found].join("\n")}`);
  });
}
