/** `projections`: the read models, how they stand, and making one anew. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { dropOptions, rebuildOptions, statusOptions } from "./options.ts";

const list = command({
  name: "list",
  summary: "Lists the read models, with their columns",
  options: statusOptions,
  run: async ({ values }: Parsed<typeof statusOptions>, output) =>
    await (await import("./run.ts")).listProjections(values, output),
});

const status = command({
  name: "status",
  summary: "Shows how far each read model is, and what holds it",
  arguments: "[NAME]",
  options: statusOptions,
  examples: [["zaakstroom projections status cases", "that of the list of cases"]],
  exits: { [exitCodes.notFound]: "no such projection" },
  run: async ({ values, positional }: Parsed<typeof statusOptions>, output) =>
    await (await import("./run.ts")).showStatus(oneNameOrNone("status", positional), values, output),
});

const rebuild = command({
  name: "rebuild",
  summary: "Makes a read model anew beside the one that is read, compares both, and switches",
  arguments: "NAME",
  options: rebuildOptions,
  notes:
    "Lists go on being served by the one that is read; it is kept, to go back to with --back. A command that is " +
    "ended half-way loses nothing: a node goes on.",
  examples: [
    ["zaakstroom projections rebuild cases", "makes the list of cases anew"],
    ["zaakstroom projections rebuild cases --back", "goes back to the one of before"],
  ],
  exits: { [exitCodes.notFound]: "no such projection, or nothing to go back to" },
  run: async ({ values, positional }: Parsed<typeof rebuildOptions>, output) =>
    await (await import("./run.ts")).rebuildProjection(oneName("rebuild", positional), values, output),
});

const drop = command({
  name: "drop",
  summary: "Removes a read model; of one that this program keeps, the next node makes another",
  arguments: "NAME",
  options: dropOptions,
  examples: [["zaakstroom projections drop cases --unread", "frees what is kept to go back to"]],
  exits: { [exitCodes.notFound]: "no such read model" },
  run: async ({ values, positional }: Parsed<typeof dropOptions>, output) =>
    await (await import("./run.ts")).dropProjection(oneName("drop", positional), values, output),
});

export const projections = commandGroup({
  name: "projections",
  summary: "Read models: lists them, shows how far they are, makes one anew or removes it",
  notes: [
    "A read model is what lists are read from: it follows the log, and can be made anew from it at any time. On PostgreSQL",
    "each is a view in the schema zaakstroom_models, to be queried by SQL; on JetStream in the file of a node (--models-file).",
  ].join("\n"),
  subcommands: [list, status, rebuild, drop],
});

function oneNameOrNone(verb: string, [name, ...more]: readonly string[]): string | undefined {
  if (more.length > 0) throw new UsageError(`projections ${verb} takes one NAME`);
  return name;
}

function oneName(verb: string, positional: readonly string[]): string {
  const name = oneNameOrNone(verb, positional);
  if (name === undefined) throw new UsageError(`projections ${verb} takes one NAME, see projections list`);
  return name;
}
