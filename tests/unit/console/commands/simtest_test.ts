import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { runCommand } from "../../../../console/cli/run_command.ts";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
import { simtest } from "../../../../console/commands/simtest.ts";

/** What a command line prints, and its exit code. */
async function run(...args: string[]): Promise<{ code: number; out: string[] }> {
  const out: string[] = [];
  const output = {
    out: (line: string) => void out.push(...line.split("\n")),
    err: () => {},
    terminal: false,
  };
  return { code: await runCommand(simtest, args, output), out };
}

Deno.test("simtest runs so many schedules from a seed on, and tells a program what came of them", async () => {
  const { code, out } = await run("--seeds", "5", "--from", "40", "--json");
  const reported = JSON.parse(out[0]!);
  assertEquals([code, reported.from, reported.schedules, reported.failed, reported.failures], [
    0,
    40,
    5,
    [],
    [],
  ]);
  assert(reported.per_minute > 0 && Object.keys(reported.effects).length > 0);
});

Deno.test("simtest tells a person too", async () => {
  const { code, out } = await run("--seeds", "2");
  assertEquals([code, out.at(-1)], [0, "All of them hold"]);
});

Deno.test("simtest shows all of one seed, the same each time", async () => {
  const [once, again] = [await run("--seed", "7"), await run("--seed", "7")];
  assertEquals(again, once);
  assertStringIncludes(once.out.at(-1)!, "Seed 7 holds (trace ");
  const { out } = await run("--seed", "7", "--json");
  assertEquals(JSON.parse(out[0]!).schedule.seed, 7);
});

Deno.test("simtest refuses what it can't use before it runs anything", async () => {
  for (
    const args of [["--seeds", "0"], ["--seed", "x"], ["--seed", "1", "--seeds", "2"], ["5"], [
      "--minutes",
      "-1",
    ]]
  ) {
    await assertRejects(() => run(...args), UsageError);
  }
});
