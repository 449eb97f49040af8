/** `parked`: deliveries that failed and are tried again by themselves, and trying them at once. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { requireActReason } from "../../store/named_act.ts";
import type { Parsed } from "../../cli/options.ts";
import { filterOf, parkedOptions, retryOptions } from "./options.ts";

const exits = { [exitCodes.notFound]: "no such parked delivery" };

const list = command({
  name: "list",
  summary: "Lists parked deliveries, oldest first: why, since when, and when each is tried again",
  options: parkedOptions,
  examples: [["zaakstroom parked list --processor decision", "those of one processor"]],
  run: async ({ values }: Parsed<typeof parkedOptions>, output) =>
    await (await import("./run.ts")).listParked(filterOf(values), values, output),
});

const show = command({
  name: "show",
  summary: "Shows a parked delivery with the evidence of every attempt",
  arguments: "POSITION",
  options: parkedOptions,
  examples: [["zaakstroom parked show 4711", "the delivery at position 4711"]],
  exits,
  async run({ values, positional }: Parsed<typeof parkedOptions>, output) {
    if (positional.length === 0) throw new UsageError("parked show takes a POSITION, see parked list");
    return await (await import("./run.ts")).showParked(filterOf(values, positional), values, output);
  },
});

const retry = command({
  name: "retry",
  summary: "Tries parked deliveries at once, and then what is held behind them, in the order of the case",
  arguments: "[POSITION]",
  options: retryOptions,
  notes: [
    "Without it they are tried again at their time all the same. Attempts go on being counted. Says first what it will touch, never",
    "touches more than --limit, and needs --reason.",
  ].join("\n"),
  examples: [["zaakstroom parked retry --processor decision --reason 'the register answers'", "all of one"]],
  exits,
  async run({ values, positional }: Parsed<typeof retryOptions>, output) {
    const filter = filterOf(values, positional);
    requireActReason("parked retry", values);
    return await (await import("./run.ts")).retryParked(filter, values, output);
  },
});

/** `parked`: on every store. */
export const parked = commandGroup({
  name: "parked",
  summary: "Parked deliveries: lists those that are tried again, shows why, tries them at once",
  notes:
    "A parked delivery holds its case, for its processor, until it is done. One that is given up is a dead letter: see dlq.",
  subcommands: [list, show, retry],
});
