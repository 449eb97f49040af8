/** What `help` and `--help` print, made from the declarations of commands. @module */
import { backendOptions } from "../store/options.ts";
import { paintNothing } from "./color.ts";
import type { Command, Example, FoundCommand, Output } from "./command.ts";
import { defaultConfigPath } from "./config_file.ts";
import { exitCodes } from "./exit_codes.ts";
import { type Options, renderOptions } from "./options.ts";

/** What `zaakstroom help TOPIC` explains, beside commands. */
export const helpTopics: readonly { readonly name: string; readonly about: string; render(): string }[] = [
  { name: "connection", about: "the options by which commands reach their store", render: renderConnection },
  { name: "configuration", about: "the configuration file", render: renderConfiguration },
  { name: "exit-codes", about: "what the exit codes mean", render: renderExitCodes },
];

/** Prints a help text, with its headings in bold. */
export function printHelp(text: string, { out, paint }: Output): void {
  const { out: style } = paint ?? { out: paintNothing };
  out(
    text.replace(
      /^(Usage|Commands|Options|Topics|Examples|Exit codes):/gm,
      (heading) => style("bold", heading),
    ),
  );
}

/** The commands and topics there are. */
export function renderOverview(commands: readonly Command[]): string {
  return [
    "Zaakstroom: durable, supervised case processing on PostgreSQL or NATS JetStream",
    "Usage: zaakstroom COMMAND [options]",
    renderCommands(commands),
    `Topics:\n${inColumns(helpTopics.map(({ name, about }) => [name, about]))}`,
    "zaakstroom COMMAND --help says more of each, and so does zaakstroom help COMMAND or TOPIC",
  ].join("\n\n");
}

function renderConnection(): string {
  return [
    "A command finds its store by these options, each also in the environment and in the configuration file. Without",
    "any it uses an embedded PostgreSQL 18 in the platform's data directory. A password is better kept in a file or in",
    "the environment: every user of the machine can read a command line.",
    "",
    renderOptions(backendOptions),
  ].join("\n");
}

function renderConfiguration(): string {
  const place = defaultConfigPath((name) => Deno.env.get(name)) ?? "none: the environment names no home";
  return [
    "A setting is taken from the flag, else from the environment, else from the configuration file, else it has its",
    "default. The file is JSON. Keys are the names of options; a section under a command's name is for it alone:",
    "",
    '  { "backend": "nats", "url": "nats://host:4222", "cases": { "limit": 50 }, "start": { "workers": 2 } }',
    "",
    `The file is the one of --config-file or ZAAKSTROOM_CONFIG; default here: ${place}`,
    "zaakstroom config show [COMMAND] prints every setting, and where it comes from.",
  ].join("\n");
}

const EXIT_MEANINGS: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: "done",
  failed: "the run ended, but failed its own check",
  usage: "an unknown command or option, or a value that is not valid",
  input: "the input was read and is not valid",
  unavailable: "the store can't be reached",
  unusable: "the store answers, but can't be used: rights, version, disk",
  inUse: "a port or a data directory is used by another process",
  notFound: "what was asked for is not there, or has changed meanwhile",
  bug: "a bug: please report it, with the stack",
  guardedFailed: "the run of a node failed its own check: its guardian ends with 1",
  recycle: "the node asks its guardian to start it anew",
  interrupted: "stopped by a second signal",
};

function renderExitCodes(): string {
  const rows = Object.entries(EXIT_MEANINGS).map(([name, meaning]) =>
    [String(exitCodes[name as keyof typeof exitCodes]), meaning] as const
  );
  return `Exit codes:\n${inColumns(rows)}`;
}

/** What is shown of a command: its own options; those of the store in one line, with where they are explained. */
export function renderHelp({ definition, path }: Pick<FoundCommand, "definition" | "path">): string {
  const { summary, notes, examples, subcommands } = definition;
  const args = subcommands === undefined ? definition.arguments : "COMMAND";
  const usage = `Usage: zaakstroom ${path}${args === undefined ? "" : ` ${args}`} [options]`;
  return [
    summary,
    usage,
    notes,
    subcommands && renderCommands(subcommands),
    subcommands && `zaakstroom ${path} COMMAND --help says more of each`,
    ownOptions(definition.options),
    commonOptions(definition),
    examples && renderExamples(examples),
    subcommands === undefined ? renderExits(definition) : undefined,
  ].filter((part) => part !== undefined).join("\n\n");
}

/** Commands, each with its summary. */
function renderCommands(commands: readonly Command[]): string {
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

/** Rows with their columns below each other. */
export function inColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ")}`.trimEnd()).join(
    "\n",
  );
}

/** The exit codes of a command, in one line. */
function renderExits({ options, exits }: Command): string {
  const store = connects(options) ? { 4: "store not reached", 5: "store not usable" } : {};
  const all: Record<number, string> = { 0: "done", 2: "wrong command line", ...store, ...exits };
  const listed = Object.entries(all).map(([code, meaning]) => `${code} ${meaning}`);
  return `Exit codes: ${listed.join("; ")} (see zaakstroom help exit-codes)`;
}
