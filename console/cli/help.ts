/** What `--help` prints, made from the declaration of a command. @module */
import { backendOptions } from "../store/options.ts";
import type { Command, Example, FoundCommand } from "./command.ts";
import { type Options, renderOptions } from "./options.ts";

/** What is shown of a command: its own options; those of the store in one line, with where they are explained. */
export function renderHelp({ definition, path }: Pick<FoundCommand, "definition" | "path">): string {
  const { summary, notes, examples, subcommands, startedBy = "zaakstroom" } = definition;
  const args = subcommands === undefined ? definition.arguments : "COMMAND";
  const usage = `Usage: ${startedBy} ${path}${args === undefined ? "" : ` ${args}`} [options]`;
  return [
    summary,
    usage,
    notes,
    subcommands && renderCommands(subcommands),
    subcommands && `${startedBy} ${path} COMMAND --help says more of each`,
    ownOptions(definition.options),
    commonOptions(definition),
    examples && renderExamples(examples),
    subcommands === undefined ? renderExits(definition) : undefined,
  ].filter((part) => part !== undefined).join("\n\n");
}

/** Commands, each with its summary. */
export function renderCommands(commands: readonly Command[]): string {
  return `Commands:\n${inColumns(commands.map(({ name, summary }) => [name, summary]))}`;
}

/** True for an option of the store as every command has it; one that a command declares anew is its own. */
function isConnection(name: string, options: Options): boolean {
  return (backendOptions as Options)[name] === options[name];
}

function ownOptions(options: Options): string | undefined {
  const own = Object.entries(options).filter(([name]) => !isConnection(name, options));
  return own.length === 0 ? undefined : `Options:\n${renderOptions(Object.fromEntries(own))}`;
}

function commonOptions({ options }: Command): string | undefined {
  return connects(options) ? "Connection options: see zaakstroom help connection" : undefined;
}

function connects(options: Options): boolean {
  return Object.keys(options).some((name) => isConnection(name, options));
}

function renderExamples(examples: readonly Example[]): string {
  return `Examples:\n${inColumns(examples)}`;
}

function inColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

/** The exit codes of a command, in one line. */
function renderExits({ options, exits }: Command): string {
  const store = connects(options) ? { 4: "store not reached", 5: "store not usable" } : {};
  const all: Record<number, string> = { 0: "done", 2: "wrong command line", ...store, ...exits };
  const listed = Object.entries(all).map(([code, meaning]) => `${code} ${meaning}`);
  return `Exit codes: ${listed.join(", ")}; see zaakstroom help exit-codes`;
}
