import { assertEquals, assertStringIncludes } from "@std/assert";
import { errorReason } from "../../../../console/build/deno_command.ts";
import { main } from "../../../../console/build/compile.ts";

/** Runs the build script; answers its exit code and what it printed. */
async function build(...args: string[]): Promise<[number, string]> {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const code = await main(args, { out: print, err: print, terminal: false });
  return [code, lines.join("\n")];
}

Deno.test("Deno's error and its causes become one line, without the stack", () => {
  const reported =
    "Compile main.ts\nerror: Writing it\n\nCaused by:\n    0: Setting up\n    1: No answer\n\n" +
    "Stack backtrace:\n   0: <unknown>\n";
  assertEquals(errorReason(reported), "Writing it: Setting up: No answer");
  assertEquals(errorReason(""), "no reason was given");
});

Deno.test("a wrong command line of the build script gets one line", async () => {
  for (
    const [args, line] of [
      [["--target", "amiga"], "Cannot use --target: must be one of x86_64-unknown-linux-gnu"],
      [["--target", "x86_64-pc-windows-msvc"], "add --slim"],
      [["--output", "."], "is a directory"],
      [["--slimm"], "did you mean --slim?"],
      [["main.ts"], "compile takes no arguments: main.ts"],
    ] as const
  ) {
    const [code, reported] = await build(...args);
    assertEquals(code, 2, reported);
    assertStringIncludes(reported, line);
  }
});

Deno.test("the build script explains itself", async () => {
  const [code, reported] = await build("--help");
  assertEquals(code, 0);
  assertStringIncludes(reported, "set DENORT_BIN");
});
