/** What the reference says of an option. @module */
import type { Command } from "../../../console/cli/command.ts";
import type { Option } from "../../../console/cli/options.ts";

/** A command that does something: `start`, `cases show`. */
export interface LeafCommand {
  readonly path: string;
  readonly definition: Command;
}

/** All commands that do something, groups taken apart. */
export function leafCommands(commands: readonly Command[], above = ""): readonly LeafCommand[] {
  return commands.flatMap((definition) => {
    const path = `${above}${definition.name}`;
    const { subcommands } = definition;
    return subcommands === undefined ? [{ path, definition }] : leafCommands(subcommands, `${path} `);
  });
}

/** As it is typed: `--url URL`. */
export function flagOf(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** The variables that are read for it. */
export function variablesOf({ env, fromFile }: Option): readonly string[] {
  if (env === undefined) return [];
  return fromFile ? [env, `${env}_FILE`] : [env];
}

/** The end of a help text that says a default which another machine would not have. */
const DEFAULT_OF_MACHINE = /; default (\d+ here|one a core, at most 4)$/;

/** What it does. Its default stands in a column of its own, and depends on no machine. */
export function helpOf({ help }: Option): string {
  return help.replace(DEFAULT_OF_MACHINE, "").replace(/; default \S+$/, "");
}

/** What it is set to when nothing is given; empty where there is no such value. */
export function defaultOf({ help, schema, value }: Option): string {
  if (DEFAULT_OF_MACHINE.test(help)) return "one a core, at most 4";
  const { success, data } = schema.safeParse(undefined);
  if (!success || data === undefined || data === false) return "";
  if (value === "TIME" && typeof data === "number") {
    return data % 1000 === 0 ? `${data / 1000}s` : `${data}ms`;
  }
  return value === "RATE" ? `${data}/sec` : String(data);
}
