/** `config show`: every setting, with its value and where that comes from. @module */
import { type Command, command, commandGroup, findSubcommand, type FoundCommand } from "../cli/command.ts";
import { exitCodes } from "../cli/exit_codes.ts";
import { inColumns } from "../cli/help.ts";
import { outputOptions, printResult } from "../cli/output.ts";
import {
  commonOptions,
  findSettings,
  type Option,
  type Options,
  readOptions,
  type Setting,
  validate,
} from "../cli/options.ts";
import { type SystemMandate, writtenMandate } from "../../actors/application.ts";
import { cents, formatEuros } from "../../schema/money.ts";
import { readPolicy } from "../node/policy_file.ts";
import { configuredSettings } from "../cli/run_command.ts";

/** The command, for these commands; itself among them. */
export function configOf(commands: () => readonly Command[]): Command {
  const show = command({
    name: "show",
    summary: "Prints every setting, with its value and where it comes from",
    arguments: "[COMMAND]",
    options: outputOptions,
    takesAnyArguments: true,
    notes:
      "Takes the options of COMMAND, which are shown but not used, and --output for itself. Secrets are masked.",
    examples: [
      ["zaakstroom config show", "the settings of all commands"],
      ["zaakstroom config show start --workers 2", "what start would take, given this"],
    ],
    async run({ positional: args }, output) {
      const isOwn = (arg: string, i: number) =>
        /^--(json$|output(=|$))/.test(arg) || args[i - 1] === "--output";
      const { values } = readOptions(outputOptions, args.filter(isOwn), { env });
      const rest = args.filter((arg, i) => !isOwn(arg, i));
      const all = commandGroup({ name: "config show", summary: "", subcommands: commands() });
      const rows = mergeRows(await rowsOf(all, rest, commands));
      const columns = ["name", "value", "source", "place", "commands"];
      const mandates = await mandatesIn(rows);
      const json = { settings: rows, ...(mandates && { mandates: mandates.map(writtenMandate) }) };
      printResult(output, values, { json, rows, columns, text: renderRows(rows) + renderMandates(mandates) });
      return exitCodes.ok;
    },
  });
  return commandGroup({
    name: "config",
    summary: "Shows the settings, and where each comes from",
    subcommands: [show],
  });
}

/** A setting of some commands, as it is shown. */
interface Row {
  readonly name: string;
  /** null: not set. */
  readonly value: string | null;
  readonly source: Setting["source"]["kind"];
  /** The flag, the variable, or the key and its file; null for a default. */
  readonly place: string | null;
  readonly commands: string[];
}

/** The settings of the command that the arguments name, or of every command. */
async function rowsOf(
  all: Command,
  args: readonly string[],
  commands: () => readonly Command[],
): Promise<readonly Row[]> {
  const outer = findSubcommand(all, args);
  const found = outer.definition === all ? outer : findSubcommand(outer.definition, outer.args);
  const leaves = leavesOf(found);
  const rows: Row[] = [];
  for (const { definition, path } of leaves) {
    const own = leaves.length === 1 ? definition.options : {};
    // The options of one command may be given; what is given to several is common to them.
    findSettings({ ...own, ...commonOptions }, found.args, { env });
    const options: Options = { ...definition.options, ...commonOptions };
    const file = await configuredSettings({ path, options }, args, {
      commands: () => Promise.resolve(commands()),
    });
    const { settings } = findSettings(options, found.args, { env, file });
    for (const setting of settings) rows.push(rowOf(setting, options[setting.name]!, path));
  }
  return rows;
}

function env(name: string): string | undefined {
  return Deno.env.get(name);
}

function leavesOf({ definition, path }: Pick<FoundCommand, "definition" | "path">): FoundCommand[] {
  const { subcommands } = definition;
  if (subcommands === undefined) return definition.takesAnyArguments ? [] : [{ definition, path, args: [] }];
  const above = path === "config show" ? "" : `${path} `;
  return subcommands.flatMap((each) => leavesOf({ definition: each, path: `${above}${each.name}` }));
}

function rowOf(setting: Setting, option: Option, command: string): Row {
  const { name, text, source } = setting;
  const shared = { name, source: source.kind, commands: [command] };
  if (source.kind === "default") return { ...shared, value: defaultOf(option), place: null };
  validate(setting, option);
  return { ...shared, value: option.secret ? MASK : masked(text!), place: source.place };
}

/** What an option comes to by itself, written as it would be given; null where it has no default. */
function defaultOf({ schema, value: word }: Option): string | null {
  const { success, data } = schema.safeParse(undefined);
  if (!success || data === undefined) return null;
  if (word === "TIME" && typeof data === "number") return data % 1000 === 0 ? `${data / 1000}s` : `${data}ms`;
  return word === "RATE" ? `${data}/sec` : String(data);
}

const MASK = "******";

/** Without the password of a URL. */
function masked(text: string): string {
  return text.replace(/(:\/\/[^:/@]*):[^/]*@/g, `$1:${MASK}@`).replace(/([?&]password=)[^&]*/g, `$1${MASK}`);
}

/** One row for commands that have the same setting. */
function mergeRows(rows: readonly Row[]): readonly Row[] {
  const groups = Map.groupBy(rows, ({ name, value, place }) => JSON.stringify([name, value, place]));
  return [...groups.values()].map((same) => ({
    ...same[0]!,
    commands: same.flatMap(({ commands }) => commands),
  }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** What the policy of a node lets the system decide alone; undefined where no command shown takes a policy. */
async function mandatesIn(rows: readonly Row[]): Promise<readonly SystemMandate[] | undefined> {
  const row = rows.find(({ name, commands }) => name === "policy" && commands.includes("start"));
  if (row === undefined) return undefined;
  return row.value === null ? [] : (await readPolicy(row.value)).mandates;
}

function renderMandates(mandates: readonly SystemMandate[] | undefined): string {
  if (mandates === undefined) return "";
  const lines = mandates.map(({ name, decisions, upTo, givenBy, since }) =>
    `  ${name}: ${decisions.join(", ")} up to €${
      formatEuros(cents(upTo))
    }, given by ${givenBy}, since ${since}`
  );
  return [
    "\n\nMandates of the system on ordinary cases:",
    ...lines,
    ...(lines.length === 0 ? ["  none"] : []),
  ]
    .join("\n");
}

function renderRows(rows: readonly Row[]): string {
  const byName = Map.groupBy(rows, ({ name }) => name);
  const cells = rows.map(({ name, value, source, place, commands }) => [
    name,
    value ?? "-",
    place === null ? source : `${source} ${place}`,
    // Only where commands differ is it said whose setting it is.
    byName.get(name)!.length === 1 ? "" : commands.join(", "),
  ]);
  return inColumns([["SETTING", "VALUE", "SOURCE", ""], ...cells]);
}
