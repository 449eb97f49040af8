/** A command: what it is called, what it takes, what it does. A group of commands holds others. @module */
import type { Paint } from "./color.ts";
import { UsageError } from "./exit_codes.ts";
import { commonOptions, type Options, type Parsed } from "./options.ts";
import { nearestOf } from "./suggest.ts";

/** Where a command prints. */
export interface Output {
  /** A line of result, for people or programs. */
  out(line: string): void;
  /** Text that goes out as it is, whole lines of it: resolves when the reader has room for more. Default: by `out`. */
  write?(text: string | Uint8Array): Promise<void>;
  /** A line about what goes on, or what went wrong. */
  err(line: string): void;
  /** True when a person watches, so that progress may be drawn over itself. */
  readonly terminal: boolean;
  /** Columns of the terminal that `out` prints on; undefined for a pipe or a file. */
  readonly width?: number | undefined;
  /** Colours for each of the two; without it there are none. */
  readonly paint?: { readonly out: Paint; readonly err: Paint } | undefined;
}

/** A command line as it is typed, and what it is for. */
export type Example = readonly [line: string, purpose: string];

/** A command, as it is declared. Help, completion and `config show` are made from the declaration alone. */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The words that follow the name: `ID`, `[POSITION]`, `FILE|-`. A command without them refuses arguments. */
  readonly arguments?: string;
  readonly options: O;
  /** What it does, where the summary doesn't say it all. */
  readonly notes?: string;
  readonly examples?: readonly Example[];
  /** What its exit codes mean beside, or instead of, those that every command has. */
  readonly exits?: Readonly<Record<number, string>>;
  /** It has no settings, and works also where the configuration file is wrong. */
  readonly ignoresConfiguration?: boolean;
  /** Its arguments are those of another command: they are not read, and come as they are written. */
  readonly takesAnyArguments?: boolean;
  /** The commands of a group, each with options of its own. */
  readonly subcommands?: readonly Command[];
  /** The subcommand that is meant where none is named. */
  readonly otherwise?: string;
  /** Does it, and returns the exit code. */
  run(parsed: Parsed<O>, output: Output): Promise<number>;
}

/** Gives a command its type. */
export function command<O extends Options>(definition: Command<O>): Command {
  return definition as unknown as Command;
}

/** What a group of commands is declared with. */
interface CommandGroup extends Pick<Command, "name" | "summary" | "notes" | "examples" | "otherwise"> {
  readonly subcommands: readonly Command[];
}

/** Commands under one name: `cases list`, `cases show`. By itself it does nothing. */
export function commandGroup(definition: CommandGroup): Command {
  const run = () => Promise.reject(new UsageError(choiceOf(definition, undefined)));
  return { ...definition, options: {}, run };
}

/** A command that a command line names, and the arguments that are left for it. */
export interface FoundCommand {
  readonly definition: Command;
  /** As it is typed: `cases show`. */
  readonly path: string;
  readonly args: readonly string[];
}

/** Finds the subcommand that the arguments name, where a command has any. Throws UsageError for an unknown one. */
export function findSubcommand(definition: Command, args: readonly string[]): FoundCommand {
  const { name, subcommands } = definition;
  const at = subcommands === undefined ? -1 : firstWordOf(args, subcommands);
  if (subcommands === undefined) return { definition, path: name, args };
  if (at < 0) return meantBy(definition, subcommands, args);
  const found = subcommands.find((subcommand) => subcommand.name === args[at]);
  if (found === undefined) throw new UsageError(choiceOf(definition, args[at]));
  return { definition: found, path: `${name} ${found.name}`, args: args.toSpliced(at, 1) };
}

/** A group by itself: the subcommand that it means, where there are arguments for one. */
function meantBy(
  definition: Command,
  subcommands: readonly Command[],
  args: readonly string[],
): FoundCommand {
  const { name, otherwise } = definition;
  const meant = args.length === 0 ? undefined : subcommands.find((each) => each.name === otherwise);
  return meant === undefined
    ? { definition, path: name, args }
    : { definition: meant, path: `${name} ${meant.name}`, args };
}

/** The index of the first argument that is neither an option of these commands nor the value of one, or -1. */
function firstWordOf(args: readonly string[], commands: readonly Command[]): number {
  const options = allOptions(commands);
  const takesValue = (arg: string) => options[arg.replace(/^--/, "")]?.value !== undefined;
  for (let at = 0; at < args.length && args[at] !== "--"; at++) {
    if (!args[at]!.startsWith("-")) return at;
    if (takesValue(args[at]!)) at++;
  }
  return -1;
}

function choiceOf({ name, subcommands = [] }: Partial<Command>, given: string | undefined): string {
  const names = subcommands.map((subcommand) => subcommand.name);
  const nearest = given === undefined ? undefined : nearestOf(given, names);
  const hint = nearest === undefined ? "" : `: did you mean ${nearest}?`;
  return `${name} takes one of ${names.join(", ")}${hint}`;
}

/** The options of these commands and their subcommands; of several with one name the first. */
export function allOptions(commands: readonly Command[]): Options {
  const all = commands.flatMap(({ options, subcommands = [] }) => [options, allOptions(subcommands)]);
  return Object.assign({}, ...all.reverse(), commonOptions);
}
