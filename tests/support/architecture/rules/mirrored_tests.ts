/**
 * The unit tests mirror the tree: `tests/unit/actors/x_test.ts` tests `actors/x.ts`.
 * @module
 */
import type { SourceTree } from "../source_tree.ts";
import type { Violation } from "./violation.ts";

/** Unit tests of something that isn't one file. */
const TESTS_OF_A_WHOLE: Readonly<Record<string, string>> = {
  "tests/unit/architecture_test.ts": "the structure of the whole tree",
  "tests/unit/architecture_rules_test.ts": "the rules of the architecture test",
  "tests/unit/architecture_syntax_test.ts": "what the rules know of a file",
  "tests/unit/docs_commands_test.ts": "the command lines in the pages of the whole tree",
  "tests/unit/docs_attacks_test.ts": "docs/explanation/attacks.md",
  "tests/unit/docs_links_test.ts": "the pages of the whole tree",
  "tests/unit/docs_reference_test.ts": "the pages of docs/reference",
};

/** The file of the product that a unit test is of, whether it exists or not. */
export function mirroredSource(test: string): string {
  return test.replace(/^tests\/unit\//, "").replace(/_test\.ts$/, ".ts");
}

export function mirroredTestViolations({ files }: SourceTree): readonly Violation[] {
  return [...files.keys()].filter((path) => path.startsWith("tests/unit/") && path.endsWith("_test.ts"))
    .filter((path) => !Object.hasOwn(TESTS_OF_A_WHOLE, path) && !files.has(mirroredSource(path)))
    .map((path) => ({
      key: path,
      message: `${path} has no ${mirroredSource(path)} that it is the test of: move it beside the tree`,
    }));
}
