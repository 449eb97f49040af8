/** What becomes of a program in which an error is thrown that nothing catches. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { GUARDED } from "../../../console/node/guarded_start.ts";
import { cleanEnv, programArgs } from "../../support/program.ts";

/** Runs a node in which this code runs once the node has started; returns how it ended. */
async function nodeWith(code: string, ...flags: string[]) {
  const whenStarted = `const write = Deno.stderr.writeSync.bind(Deno.stderr);
    Deno.stderr.writeSync = (bytes) => {
      if (/started|See http/.test(new TextDecoder().decode(bytes))) setTimeout(() => { ${code} });
      return write(bytes);
    };`;
  const [run, ...args] = programArgs(["start", "--backend", "memory", "--port", "0", ...flags]);
  const node = new Deno.Command(Deno.execPath(), {
    args: [run!, "--preload", `data:text/javascript,${encodeURIComponent(whenStarted)}`, ...args],
    env: cleanEnv({ [GUARDED]: "1" }),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { code: exitCode, stderr } = await node.output();
  await node.stdin.abort().catch(() => {});
  return { code: exitCode, lines: new TextDecoder().decode(stderr).trimEnd().split("\n") };
}

for (
  const [kind, code] of Object.entries({
    error: `throw new Error("unheard 123456782")`,
    rejection: `Promise.reject(new Error("unheard 123456782"))`,
  })
) {
  Deno.test(`an uncaught ${kind} of a node is a crash: 70, with the stack and without a BSN`, async () => {
    const text = await nodeWith(code);
    assertEquals(text.code, exitCodes.bug, text.lines.join("\n"));
    assertMatch(
      text.lines.join("\n"),
      /^This is a bug in zaakstroom: Error: unheard \[nine digits\]\n +at /m,
    );
    const json = await nodeWith(code, "--json");
    assertEquals(json.code, exitCodes.bug);
    assertMatch(JSON.parse(json.lines.at(-1)!).error.message, /^This is a bug in zaakstroom: Error: unheard/);
  });
}
