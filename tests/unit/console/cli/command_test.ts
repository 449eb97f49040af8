/** The command line from the outside, without a process: what is found, helped with, and refused. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { command, renderHelp, runCommand } from "../../../../console/cli/command.ts";
import { flag } from "../../../../schema/settings.ts";
import { main } from "../../../../main.ts";

/** Everything printed, by stream. */
function printed() {
  const [out, err]: [string[], string[]] = [[], []];
  return {
    out,
    err,
    output: { out: (l: string) => out.push(l), err: (l: string) => err.push(l), terminal: false },
  };
}

const wave = command({
  name: "wave",
  summary: "Waves",
  arguments: "WHOM",
  options: { twice: { schema: flag, help: "and again" } },
  notes: "Kindly.",
  run: ({ values, positional }, { out }) => {
    out(`${positional[0]} ${values.twice}`);
    return Promise.resolve(3);
  },
});

Deno.test("a command gets its options and arguments, and its answer is the exit code", async () => {
  const { out, output } = printed();
  assertEquals(await runCommand(wave, ["you", "--twice"], output), 3);
  assertEquals(out, ["you true"]);
});

Deno.test("help wins over everything else on the line, and does nothing", async () => {
  for (const args of [["--help"], ["-h"], ["you", "--nonsense", "--help"]]) {
    const { out, output } = printed();
    assertEquals(await runCommand(wave, args, output), 0);
    assertEquals(out, [renderHelp(wave)]);
  }
  for (const part of ["Waves", "Usage: zaakstroom wave WHOM [options]", "--twice  and again", "Kindly."]) {
    assertStringIncludes(renderHelp(wave), part);
  }
});

Deno.test("an unknown command is answered with the nearest one", async () => {
  const { out, err, output } = printed();
  assertEquals(await main(["pubish"], output), 2);
  assertEquals([out, err], [[], ["Unknown command pubish: did you mean publish? (see zaakstroom --help)"]]);
});

Deno.test("without a command the help is printed", async () => {
  for (const args of [[], ["help"], ["--help"], ["-h"]]) {
    const { out, err, output } = printed();
    assertEquals([await main(args, output), err], [0, []]);
    assert(out.some((line) => line.includes("Usage: zaakstroom COMMAND")));
  }
});
