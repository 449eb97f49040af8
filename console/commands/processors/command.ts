/** `processors`: how they stand, and pausing them. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { namedWithReason } from "../../store/named_act.ts";
import { listProcessorsOptions, pauseOptions } from "./options.ts";
import { rewind } from "./rewind_command.ts";

const exits = { [exitCodes.notFound]: "no such processor" };

const list = command({
  name: "list",
  summary: "Lists processors: what waits for each, and which of them are paused, by whom and why",
  options: listProcessorsOptions,
  run: async ({ values }: Parsed<typeof listProcessorsOptions>, output) =>
    await (await import("./run.ts")).listProcessors(values, output),
});

const pause = command({
  name: "pause",
  summary: "Pauses a processor on all nodes: what is in hand is finished, and what comes waits",
  arguments: "NAME",
  options: pauseOptions,
  notes: [
    "A pause is kept in the store until somebody resumes the processor, also when nodes start anew. Every node knows of it within",
    "about a second. What waits for a paused processor counts neither as stuck nor for --until-idle.",
  ].join("\n"),
  examples: [["zaakstroom processors pause decision --reason 'table v8 is wrong'", "nothing is decided now"]],
  exits,
  async run(parsed: Parsed<typeof pauseOptions>, output) {
    const name = namedWithReason("processors pause", parsed);
    return await (await import("./run.ts")).pauseProcessor(name, parsed.values, output);
  },
});

const resume = command({
  name: "resume",
  summary:
    "Resumes a paused processor: it begins where it was, by itself, and joins the others once it has caught up",
  arguments: "NAME",
  options: pauseOptions,
  exits,
  async run(parsed: Parsed<typeof pauseOptions>, output) {
    const name = namedWithReason("processors resume", parsed);
    return await (await import("./run.ts")).resumeProcessor(name, parsed.values, output);
  },
});

/** `processors`: on every store. */
export const processors = commandGroup({
  name: "processors",
  summary: "Processors: lists how they stand, pauses, resumes and rewinds them",
  subcommands: [list, pause, resume, rewind],
});
