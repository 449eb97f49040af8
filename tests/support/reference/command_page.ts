/** The page of commands, from their declarations. @module */
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import type { Options } from "../../../console/cli/options.ts";
import { commands } from "../../../console/commands/all.ts";
import { backendOptions } from "../../../console/store/options.ts";
import { block, code, page, prose, table } from "./markdown.ts";
import { defaultOf, flagOf, helpOf, type LeafCommand, leafCommands, variablesOf } from "./option_rows.ts";

export function commandPage(): string {
  const leaves = leafCommands(commands);
  return page("Commands", "`console/commands/all.ts`", [
    "Run them as `deno task zaakstroom COMMAND`, or `zaakstroom COMMAND` where it is compiled to one program. " +
    "`zaakstroom help COMMAND` prints the same. Every command also takes `--help` and `--config-file FILE`.",
    table(
      ["Command", "What it does"],
      leaves.map(({ path, definition }) => [`[${path}](#${path.replaceAll(" ", "-")})`, definition.summary]),
    ),
    ...leaves.map(renderCommand),
  ]);
}

function renderCommand({ path, definition }: LeafCommand): string {
  const { summary, notes, options, examples = [] } = definition;
  const words = ["zaakstroom", path, definition.arguments, "[options]"].filter((word) => word !== undefined);
  return [
    `## ${path}`,
    `${summary}.`,
    block("text", [words.join(" ")]),
    notes && prose(notes),
    renderOptions(options),
    examples.length > 0 && block("sh", examples.map(([line, purpose]) => `${line}  # ${purpose}`)),
    renderExits(definition.exits),
  ].filter((part) => part).join("\n\n");
}

function renderOptions(options: Options): string {
  const own = Object.entries(options).filter(([, option]) => !isConnection(option));
  const rows = own.map(([name, option]) => [
    code(flagOf(name, option)),
    variablesOf(option).map(code).join(", "),
    defaultOf(option),
    helpOf(option),
  ]);
  const connects = own.length < Object.keys(options).length;
  return [
    table(["Option", "Environment", "Default", "Meaning"], rows),
    connects && "It also takes the options of the [connection](settings.md#connection).",
  ].filter((part) => part).join("\n\n");
}

function isConnection(option: Options[string]): boolean {
  return Object.values<unknown>(backendOptions).includes(option);
}

function renderExits(exits: Readonly<Record<number, string>> = {}): string {
  const listed = Object.entries(exits).map(([code, meaning]) => `${code} ${meaning}`);
  if (listed.length === 0) return "";
  return `Exit codes of its own: ${
    listed.join("; ")
  }. [All others](exit_codes.md), such as ${exitCodes.usage} for ` +
    "a wrong command line, mean what they mean everywhere.";
}
