/** A command: what it is called, what it takes, what it does. @module */
import { type Options, type Parsed, readOptions, renderOptions } from "./options.ts";

/** Where a command prints. */
export interface Output {
  /** A line of result, for people or programs. */
  out(line: string): void;
  /** A line about what goes on, or what went wrong. */
  err(line: string): void;
  /** True when a person watches, so that progress may be drawn over itself. */
  readonly terminal: boolean;
}

export interface Command<O extends Options = Options> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name: `list | show ID`. */
  readonly arguments?: string;
  readonly options: O;
  /** Examples and what else `--help` should say. */
  readonly notes?: string;
  /** Does it, and returns the exit code. */
  run(parsed: Parsed<O>, output: Output): Promise<number>;
}

/** Gives a command its type. */
export function command<O extends Options>(definition: Command<O>): Command {
  return definition as unknown as Command;
}

export function renderHelp(definition: Command): string {
  const { name, summary, arguments: args, options, notes } = definition;
  const usage = `Usage: zaakstroom ${name}${args === undefined ? "" : ` ${args}`} [options]`;
  return [
    summary,
    "",
    usage,
    "",
    "Options:",
    renderOptions(options),
    ...(notes === undefined ? [] : ["", notes]),
  ].join("\n");
}

/** Reads the command line and runs the command; `--help` prints and does nothing. */
export async function runCommand(
  definition: Command,
  args: readonly string[],
  output: Output,
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    output.out(renderHelp(definition));
    return 0;
  }
  return await definition.run(readOptions(definition.options, args, (name) => Deno.env.get(name)), output);
}
