/** Runs the command that a command line names. @module */
import { type Command, findSubcommand, type FoundCommand, type Output } from "./command.ts";
import { fileSettings, isKnownTo, readConfigFile, validateConfigFile } from "./config_file.ts";
import { UsageError } from "./exit_codes.ts";
import { formatOf, type OutputValues } from "./output.ts";
import {
  commonOptions,
  findSettings,
  type Options,
  readOptions,
  type SettingSources,
  validate,
} from "./options.ts";

/** How far a command line was understood: what goes wrong is reported by it. */
export interface Invocation {
  /** As it is typed: `cases show`; empty until it is known. */
  path: string;
  /** Whether errors are printed as JSON. */
  json: boolean;
}

/** What is known to a command line beside the command that it names. */
interface CommandLineContext {
  readonly invocation: Invocation;
  /** All commands, for which a configuration file may have settings. Without them none is read. */
  readonly commands?: () => Promise<readonly Command[]>;
  /** Called before the command begins, with its path and its settings. */
  readonly beforeRun?: BeforeRun | undefined;
}

/** Told what is about to run. */
export type BeforeRun = (path: string, values: Readonly<Record<string, unknown>>) => void;

/** Reads the command line and runs the command; `--help` prints and does nothing. */
export async function runCommand(
  definition: Command,
  args: readonly string[],
  output: Output,
  context: CommandLineContext = { invocation: { path: "", json: false } },
): Promise<number> {
  const { invocation } = context;
  invocation.path = definition.name;
  if (args.includes("--help") || args.includes("-h")) {
    const { printHelp, renderHelp } = await import("./help.ts");
    printHelp(renderHelp(helpTopicOf(definition, args)), output);
    return 0;
  }
  const found = findSubcommand(definition, args);
  invocation.path = found.path;
  const parsed = await parse(found, context);
  const format = formatOf(parsed.values as Partial<OutputValues>);
  invocation.json ||= format === "json" || format === "ndjson";
  context.beforeRun?.(found.path, parsed.values);
  return await found.definition.run(parsed, output);
}

async function parse({ definition, path, args }: FoundCommand, context: CommandLineContext) {
  const { options, takesAnyArguments } = definition;
  if (takesAnyArguments) return { values: {}, positional: args };
  const all = context.commands === undefined ? options : { ...options, ...commonOptions };
  const file = definition.ignoresConfiguration
    ? undefined
    : await configuredSettings({ path, options: all }, args, context);
  const parsed = definition.arguments === undefined
    ? readOptions(all, args, { env, file })
    : explainingDashes(() => readOptions(all, args, { env, file }));
  if (definition.arguments === undefined && parsed.positional.length > 0) {
    throw new UsageError(`${path} takes no arguments: ${parsed.positional[0]}`);
  }
  return parsed;
}

/** An argument such as a case id may begin with a dash, and is then taken for an option. */
function explainingDashes<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError) || !error.message.startsWith("Unknown option")) throw error;
    throw new UsageError(`${error.message}; write -- before an argument that begins with a dash`);
  }
}

/** The settings that the configuration file has for a command. */
export async function configuredSettings(
  { path, options }: { readonly path: string; readonly options: Options },
  args: readonly string[],
  { commands }: Omit<CommandLineContext, "invocation">,
): Promise<SettingSources["file"]> {
  if (commands === undefined) return undefined;
  const file = await readConfigFile(namedConfigFile(args), env);
  if (file === undefined) return undefined;
  if (!isKnownTo(file, options)) validateConfigFile(file, await commands());
  return fileSettings(file, path);
}

/** Undefined too where the program may not read the variable: `simtest` runs without any permission. */
function env(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

/** The file that a flag or the environment names; whatever else is on the line is read later. */
function namedConfigFile(args: readonly string[]): string | undefined {
  const flag = args.findLast((arg, i) => arg.startsWith("--config-file=") || args[i - 1] === "--config-file");
  const given = flag?.replace(/^--config-file=/, "");
  const { settings } = findSettings(commonOptions, given === undefined ? [] : [`--config-file=${given}`], {
    env,
  });
  return validate(settings[0]!, commonOptions["config-file"]) as string | undefined;
}

/** Help is given whatever else is wrong with the line: about the group where no subcommand of it is named. */
function helpTopicOf(definition: Command, args: readonly string[]): FoundCommand {
  try {
    return findSubcommand(definition, args);
  } catch {
    return { definition, path: definition.name, args };
  }
}
