/** Every test that the page of attacks names is there. @module */
import { assert, assertEquals } from "@std/assert";

const PAGE = new URL("../../docs/explanation/attacks.md", import.meta.url);
/** What stands in the place of tests: not mended yet, or about who may say what. */
const WITHOUT_TESTS = ["open", "authority: later"];

/** A test as the page names it; what its name takes from a variable is written `…`. */
interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/** The last cells of all rows. */
function verdictsIn(page: string): string[] {
  const rows = page.split("\n").filter((line) => /^\| \d+\w? /.test(line));
  return rows.map((row) => row.split(" | ").at(-1)!.replace(/ *\|$/, "").trim());
}

/** The tests that a verdict names; undefined where it is none of ours. */
function testsIn(verdict: string): NamedTest[] | undefined {
  const parts = verdict.split("<br>").map((part) => /^\[[^\]]+\]\(([^)]+)\): (.+)$/.exec(part));
  if (parts.some((part) => part === null)) return undefined;
  return parts.map((part) => ({ file: part![1]!, name: part![2]! }));
}

async function isThere({ file, name }: NamedTest): Promise<boolean> {
  const source = await Deno.readTextFile(new URL(file, PAGE));
  const text = source.replaceAll(/\$\{[^}]*\}/g, "…");
  return text.includes(`"${name}"`) || text.includes(`\`${name}\``);
}

async function missingAmong(tests: readonly NamedTest[]): Promise<NamedTest[]> {
  const found = await Promise.all(tests.map(isThere));
  return tests.filter((_, i) => !found[i]);
}

const verdicts = verdictsIn(await Deno.readTextFile(PAGE));
const tested = verdicts.filter((verdict) => !WITHOUT_TESTS.includes(verdict));

Deno.test("every attack has tests that are there, is open, or is about authority", async () => {
  assert(verdicts.length > 50, `${verdicts.length} rows`);
  assertEquals(tested.filter((verdict) => testsIn(verdict) === undefined), []);
  assertEquals(await missingAmong(tested.flatMap((verdict) => testsIn(verdict)!)), []);
});

Deno.test("a test that is not there is found, and so is a verdict that names none", async () => {
  const file = "../../tests/unit/docs_attacks_test.ts";
  const [own] = testsIn(
    `[x](${file}): every attack has tests that are there, is open, or is about authority`,
  )!;
  const gone = { file, name: "a test that nobody " + "wrote" };
  assertEquals(await missingAmong([own!, gone]), [gone]);
  assertEquals(testsIn("by and by"), undefined);
});
