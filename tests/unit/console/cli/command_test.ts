/** The command line from the outside, without a process: what is found, helped with, and refused. @module */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { command, commandGroup } from "../../../../console/cli/command.ts";
import { runCommand } from "../../../../console/cli/run_command.ts";
import { renderHelp } from "../../../../console/cli/help.ts";
import { flag, wholeNumber } from "../../../../schema/settings.ts";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
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
    assertEquals(out, [renderHelp({ definition: wave, path: "wave" })]);
  }
  for (const part of ["Waves", "Usage: zaakstroom wave WHOM [options]", "--twice  and again", "Kindly."]) {
    assertStringIncludes(renderHelp({ definition: wave, path: "wave" }), part);
  }
});

const count = command({
  name: "count",
  summary: "Counts",
  options: { most: { schema: wholeNumber(1, 9).optional(), value: "N", help: "no further" } },
  run: ({ values }, { out }) => {
    out(String(values.most));
    return Promise.resolve(0);
  },
});
const group = commandGroup({ name: "hands", summary: "What hands do", subcommands: [wave, count] });

Deno.test("a subcommand is found among options and their values, and has options of its own", async () => {
  for (const args of [["count", "--most", "3"], ["--most", "3", "count"], ["--most=3", "count"]]) {
    const { out, output } = printed();
    assertEquals([await runCommand(group, args, output), out], [0, ["3"]]);
  }
  const { output } = printed();
  const wrong = await assertRejects(() => runCommand(group, ["count", "--twice"], output), UsageError);
  assertStringIncludes(wrong.message, "Unknown option --twice");
});

Deno.test("a group names its subcommands where none is given or an unknown one is", async () => {
  const names = "hands takes one of wave, count";
  for (
    const [args, message] of [[[], names], [["cuont"], `${names}: did you mean count?`]] as const
  ) {
    const wrong = await assertRejects(() => runCommand(group, args, printed().output), UsageError);
    assertEquals(wrong.message, message);
  }
});

Deno.test("a command without arguments refuses them", async () => {
  const wrong = await assertRejects(() => runCommand(group, ["count", "all"], printed().output), UsageError);
  assertEquals(wrong.message, "hands count takes no arguments: all");
});

Deno.test("the help of a subcommand is its own, and that of the group lists them", async () => {
  const { out, output } = printed();
  await runCommand(group, ["count", "--help"], output);
  await runCommand(group, ["--help"], output);
  assertStringIncludes(out[0]!, "Usage: zaakstroom hands count [options]");
  assertStringIncludes(out[0]!, "--most N  no further");
  assertStringIncludes(out[1]!, "  wave   Waves\n  count  Counts");
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

Deno.test("help of a command or a subcommand is what its --help prints, and topics have texts of their own", async () => {
  for (
    const [asked, same] of [[["help", "cases"], ["cases", "--help"]], [["help", "cases", "show"], [
      "cases",
      "show",
      "--help",
    ]]]
  ) {
    const [first, second] = [printed(), printed()];
    assertEquals([await main(asked!, first.output), await main(same!, second.output)], [0, 0]);
    assertEquals(first.out, second.out);
  }
  for (
    const [topic, part] of [["connection", "--backend NAME"], ["configuration", "ZAAKSTROOM_CONFIG"], [
      "exit-codes",
      "130  ",
    ]]
  ) {
    const { out, output } = printed();
    assertEquals(await main(["help", topic!], output), 0);
    assertStringIncludes(out[0]!, part!);
  }
});

Deno.test("the version is one line, however it is asked for", async () => {
  for (const args of [["--version"], ["-V"], ["version"]]) {
    const { out, output } = printed();
    assertEquals([await main(args, output), out.length], [0, 1]);
    assertMatch(out[0]!, /^zaakstroom \d+\.\d+\.\d+ \(Deno [\d.]+, \S+, from source\)$/);
  }
});

Deno.test("the version and completion are had also where the configuration is wrong", async () => {
  for (const args of [["version"], ["completion", "bash"]]) {
    assertEquals(await main([...args, "--config-file", "/no/such/file"], printed().output), 0);
  }
});

Deno.test("an error is JSON where JSON is asked for, also when the command line itself is wrong", async () => {
  for (
    const args of [["cases", "--json"], ["cases", "show", "--output", "ndjson"], [
      "nonsense",
      "--output=json",
    ]]
  ) {
    const { err, output } = printed();
    assertEquals([await main(args, output), err.length], [2, 1]);
    assertEquals(JSON.parse(err[0]!).error.code, "usage");
  }
});

Deno.test("the hint of a wrong subcommand names the help of that subcommand", async () => {
  const { err, output } = printed();
  assertEquals(await main(["cases", "show"], output), 2);
  assertEquals(err, ["cases show takes one ID (see zaakstroom cases show --help)"]);
});
