/** The page of exit codes, with the errors that a program reads. @module */
import { CommandError, exitCodes, reportError } from "../../../console/cli/exit_codes.ts";
import { helpTopics } from "../../../console/cli/help.ts";
import { block, code, page, table } from "./markdown.ts";

export function exitCodePage(): string {
  const codes = Object.values(exitCodes);
  return page("Exit codes and errors", "`console/cli/exit_codes.ts`", [
    table(
      ["Exit code", "In JSON", "Meaning"],
      codes.map((exit) => [String(exit), code(wordOf(exit)), meaningOf(exit)]),
    ),
    "An error is one line on standard error. With `--json` (or `--output json`) it is an object, whose `code` is the word " +
    "above and stays the same, while its `message` is for people and may change:",
    block("json", [errorLine(exitCodes.notFound, "There is no case 123")]),
    "71 and 75 are between a node and its guardian, and are not seen outside. A command that declares a meaning of its " +
    "own says so in [commands](commands.md).",
  ]);
}

function errorLine(exit: number, message: string): string {
  let line = "";
  const output = { err: (text: string) => void (line = text) };
  reportError(new CommandError(exit, message), output, { json: true, help: "" });
  return line;
}

function wordOf(exit: number): string {
  return exit === exitCodes.ok ? "" : JSON.parse(errorLine(exit, "")).error.code;
}

/** The meaning as `zaakstroom help exit-codes` has it. */
function meaningOf(exit: number): string {
  const topic = helpTopics.find(({ name }) => name === "exit-codes")!.render();
  const [, meaning] = new RegExp(`^ +${exit} +(.+)$`, "m").exec(topic)!;
  return meaning!;
}
