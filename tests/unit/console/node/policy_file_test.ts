import { assertEquals, assertRejects } from "@std/assert";
import { CommandError, exitCodes } from "../../../../console/cli/exit_codes.ts";
import { readPolicy } from "../../../../console/node/policy_file.ts";

async function withFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** What is wrong with a file, without its path. */
async function refusal(text: string): Promise<[number, string]> {
  const error = await withFile(text, (path) => assertRejects(() => readPolicy(path), CommandError));
  const { code, message } = error as CommandError;
  return [code, message.replace(/^Cannot use the policy \S+: /, "")];
}

Deno.test("a policy is read from its file", async () => {
  const read = await withFile(`{"attempts": 2}`, readPolicy);
  assertEquals([read.failures.maxAttempts, read.mandates], [2, []]);
});

Deno.test("a policy gives the system its mandates", async () => {
  const written = {
    name: "fines",
    decisions: ["collect"],
    up_to: 70,
    given_by: "the board",
    since: "2026-01-01",
  };
  const { mandates } = await withFile(JSON.stringify({ mandates: [written] }), readPolicy);
  assertEquals(mandates.map(({ name, upTo, givenBy }) => [name, upTo, givenBy]), [[
    "fines",
    7_000,
    "the board",
  ]]);
});

for (
  const [text, why] of [
    [`{"mandates": [{"name": "fines"}]}`, "mandates.0.decisions: must be a list"],
    [`[]`, "the whole: Invalid input: expected object, received array"],
    ["attempts: 2", "it is not JSON"],
    [
      `{"errors": {"TypeError": {"attempts": 0}}}`,
      "errors.TypeError.attempts: Too small: expected number to be >=1",
    ],
    [`{"first": "soon"}`, "first: must be a duration such as 500ms, 60s, 5m or 1h"],
    [
      `{"processors": {"analyses": {}}}`,
      "processors.analyses: there is none of that name, but intake, analysis, decision, follow_up",
    ],
  ] as const
) {
  Deno.test(`a policy that is not valid is refused in one line: ${text}`, async () => {
    assertEquals(await refusal(text), [exitCodes.input, why]);
  });
}
