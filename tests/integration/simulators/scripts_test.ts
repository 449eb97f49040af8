/** The programs under the names of the brief, run as scripts: each is the command of the same meaning. @module */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertRefused, type ProgramResult } from "../../support/program.ts";
import { runFile } from "../../support/script.ts";

interface Script {
  readonly file: string;
  readonly command: string;
  /** The smallest run that does anything. */
  readonly smallest: string;
  /** What that run prints. */
  readonly prints: RegExp;
}

const scripts: readonly Script[] = [
  {
    file: "case_generator.ts",
    command: "simulate",
    smallest: "--backend none --count 3",
    prints: /^(\{"event_id":.*"event_type":"case\.intake".*\}\n){3}$/,
  },
  {
    file: "load_tester.ts",
    command: "load",
    smallest: "--backend memory --workers 1 --rate 20/sec --duration 500ms",
    prints: /^memory: [^]*end to end, three processors +\d/,
  },
  {
    file: "chaos.ts",
    command: "chaos",
    smallest: "--backend memory --scenario calm --duration 3s --rate 20/sec --seed 7",
    prints: /^Passed: 1 run, 0 failed, seed 7\n$/,
  },
  {
    file: "comparison.ts",
    command: "compare",
    smallest: "--rounds 1 --count 100 --rate 20/sec --duration 500ms --workers 1",
    prints: /Throughput: appends\/s +\d/,
  },
];

for (const { file, command, smallest, prints } of scripts) {
  Deno.test(`simulators/${file} --help explains ${command}`, async () => {
    const { code, out } = await runScript(file, "--help");
    assertEquals(code, 0);
    assertStringIncludes(out, `\nUsage: zaakstroom ${command} [options]\n`);
  });

  Deno.test(`simulators/${file} does what ${command} does`, async () => {
    const { code, out, err } = await runScript(file, smallest);
    // A busy machine may not hold the rate: the load tester then says so, and exits with 1.
    if (command !== "load" || code !== 1) assertEquals(code, 0, err);
    assertMatch(out, prints);
  });

  Deno.test(`simulators/${file} refuses a wrong option in one line`, async () => {
    assertRefused(await runScript(file, "--sed 7"), 2, /^Unknown option --sed: did you mean --seed\?? /);
  });
}

Deno.test("simtest runs without any permission", async () => {
  const { code, out, err } = await runFile("main.ts", ["simtest", "--seeds", "1"]);
  assertEquals(code, 0, err);
  assertMatch(out, /^1 schedules from seed 1, .*\nAll of them hold\n$/);
});

/** Runs the file as the brief has it. */
function runScript(file: string, args: string): Promise<ProgramResult> {
  return runFile(`simulators/${file}`, args.split(" "), { flags: ["--allow-all"] });
}
