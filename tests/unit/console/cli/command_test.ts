/** A command and its subcommands: what is found, helped with, and refused. @module */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { command, commandGroup } from "../../../../console/cli/command.ts";
import { runCommand } from "../../../../console/cli/run_command.ts";
import { renderHelp } from "../../../../console/cli/help.ts";
import { flag, wholeNumber } from "../../../../schema/settings.ts";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
import { printed } from "../printed.ts";

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
