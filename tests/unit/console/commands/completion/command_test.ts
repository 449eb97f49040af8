/** Completion as a shell does it, with the script that the program prints. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { commands } from "../../../../../console/commands/all.ts";
import { runCommandLine } from "../../../../../console/command_line.ts";

async function scriptFor(shell: string): Promise<string> {
  const lines: string[] = [];
  const output = { out: (line: string) => lines.push(line), err: () => {}, terminal: false };
  assertEquals(await runCommandLine(["completion", shell], output), 0);
  return lines.join("\n");
}

/** Runs a program with some text as its input; undefined where the program is not there. */
async function pipe(
  program: string,
  args: string[],
  input: string,
  cwd = ".",
): Promise<string | undefined> {
  try {
    const options = { args, cwd, stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    const child = new Deno.Command(program, options).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What a line is, in words as bash splits it, and what is offered for its last one. */
const offers: readonly [string[], string][] = [
  [["ca"], "cases"],
  [["cases", ""], "list show review propose approve decide --help"],
  [["cases", "show", "--js"], "--json"],
  [["cases", "--limit", "5", "list", "--la"], "--latest"],
  [["start", "--backend", ""], "postgres nats memory"],
  [["simulate", "--backend", "=", "n"], "nats none"],
  [["start", "--policy", "po"], "policy.json"],
  [["start", "--data-dir", ""], "data"],
  [["publish", "po"], "policy.json"],
  [["completion", "z"], "zsh"],
  [["help", "exit"], "exit-codes"],
  [["config", "show", "star"], "start"],
  [["cases", "list", "--limit", ""], ""],
];

Deno.test("bash completes commands, subcommands, options, their values and paths", async (t) => {
  const script = await scriptFor("bash");
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(directory, "data"));
    await Deno.writeTextFile(join(directory, "policy.json"), "{}");
    for (const [words, offered] of offers) {
      await t.step(words.join(" "), async () => {
        const line = ["zaakstroom", ...words].map((word) => `'${word}'`).join(" ");
        const setUp = `COMP_WORDS=(${line})\nCOMP_CWORD=${words.length}\n_zaakstroom\n`;
        const input = `${script}\n${setUp}echo "\${COMPREPLY[*]}"\n`;
        const out = await pipe("bash", ["--norc", "-s"], input, directory);
        assertEquals(out?.trimEnd(), offered);
      });
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

for (const shell of ["zsh", "fish"]) {
  const without = new Deno.Command("sh", { args: ["-c", `command -v ${shell}`] }).outputSync().code !== 0;
  const why = without ? ` (NOT TESTED: there is no ${shell})` : "";
  Deno.test({
    name: `${shell} reads its script without a complaint${why}`,
    ignore: without,
    fn: async () => assertEquals(await pipe(shell, ["-n"], await scriptFor(shell)), ""),
  });
}

Deno.test("every script names every command and option that there is", async () => {
  const leaves = commands.flatMap((each) => each.subcommands ?? [each]);
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = await scriptFor(shell);
    for (const { name, options } of leaves) {
      assertStringIncludes(script, name);
      for (const option of Object.keys(options)) assertStringIncludes(script, option);
    }
  }
});
