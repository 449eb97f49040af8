/** The command line from the outside, without a process: what is found, helped with, and refused. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runCommandLine } from "../../../console/command_line.ts";
import { printed } from "./printed.ts";

Deno.test("an unknown command is answered with the nearest one", async () => {
  const { out, err, output } = printed();
  assertEquals(await runCommandLine(["pubish"], output), 2);
  assertEquals([out, err], [[], ["Unknown command pubish: did you mean publish? (see zaakstroom --help)"]]);
});

Deno.test("without a command the help is printed", async () => {
  for (const args of [[], ["help"], ["--help"], ["-h"]]) {
    const { out, err, output } = printed();
    assertEquals([await runCommandLine(args, output), err], [0, []]);
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
    assertEquals([await runCommandLine(asked!, first.output), await runCommandLine(same!, second.output)], [
      0,
      0,
    ]);
    assertEquals(first.out, second.out);
  }
  for (
    const [topic, part] of [["connection", "--backend NAME"], ["configuration", "ZAAKSTROOM_CONFIG"], [
      "exit-codes",
      "130  ",
    ]]
  ) {
    const { out, output } = printed();
    assertEquals(await runCommandLine(["help", topic!], output), 0);
    assertStringIncludes(out[0]!, part!);
  }
});

Deno.test("the version is one line, however it is asked for", async () => {
  for (const args of [["--version"], ["-V"], ["version"]]) {
    const { out, output } = printed();
    assertEquals([await runCommandLine(args, output), out.length], [0, 1]);
    assertMatch(out[0]!, /^zaakstroom \d+\.\d+\.\d+ \(Deno [\d.]+, \S+, from source\)$/);
  }
});

Deno.test("the version and completion are had also where the configuration is wrong", async () => {
  for (const args of [["version"], ["completion", "bash"]]) {
    assertEquals(await runCommandLine([...args, "--config-file", "/no/such/file"], printed().output), 0);
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
    assertEquals([await runCommandLine(args, output), err.length], [2, 1]);
    assertEquals(JSON.parse(err[0]!).error.code, "usage");
  }
});

Deno.test("the hint of a wrong subcommand names the help of that subcommand", async () => {
  const { err, output } = printed();
  assertEquals(await runCommandLine(["cases", "show"], output), 2);
  assertEquals(err, ["cases show takes one ID (see zaakstroom cases show --help)"]);
});
