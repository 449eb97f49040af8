/** `dlq`: dead letters, their evidence, and what a person does about them. @module */
import type { DeadLetterFilter } from "../../../backends/dead_letters.ts";
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { requireActReason } from "../../store/named_act.ts";
import type { Parsed } from "../../cli/options.ts";
import { stoppedFilterOf } from "../../store/stopped_filter.ts";
import { type DeadLetterListValues, deadLetterOptions, discardOptions, redriveOptions } from "./options.ts";

const exits = { [exitCodes.notFound]: "no such dead letter" };

const list = command({
  name: "list",
  summary: "Lists dead letters, oldest first",
  options: deadLetterOptions,
  examples: [["zaakstroom dlq list --processor decision", "those of one processor"]],
  run: async ({ values }: Parsed<typeof deadLetterOptions>, output) =>
    await (await import("./run.ts")).listDeadLetters(filterOf(values), values, output),
});

const show = command({
  name: "show",
  summary: "Shows a dead letter with the evidence of every attempt",
  arguments: "POSITION",
  options: deadLetterOptions,
  examples: [["zaakstroom dlq show 4711", "the dead letter at position 4711"]],
  exits,
  async run({ values, positional }: Parsed<typeof deadLetterOptions>, output) {
    if (positional.length === 0) throw new UsageError("dlq show takes a POSITION, see dlq list");
    const { showDeadLetters } = await import("./run.ts");
    return await showDeadLetters(filterOf(values, positional), values, output);
  },
});

const redrive = command({
  name: "redrive",
  summary: "Tries dead letters again, and then the deliveries held behind them, in the order of the case",
  arguments: "[POSITION]",
  options: redriveOptions,
  notes: [
    "Says first what it will touch, never touches more than --limit, and needs --reason. --dry-run --show-outputs",
    "handles each of them in a worker without permissions, with this program's processors, and shows what would come",
    "of it; nothing is stored.",
  ].join("\n"),
  examples: [
    ["zaakstroom dlq redrive 4711 --as j.jansen --reason 'Fixed in 1.2'", "one"],
    [
      "zaakstroom dlq redrive --processor decision --rate 10/sec --reason 'Fixed in 1.2'",
      "all of a processor",
    ],
  ],
  exits,
  async run({ values, positional }: Parsed<typeof redriveOptions>, output) {
    const filter = filterOf(values, positional);
    requireActReason("dlq redrive", values);
    if (values["show-outputs"] && !values["dry-run"]) {
      throw new UsageError("Cannot use --show-outputs without --dry-run");
    }
    return await (await import("./run.ts")).redriveDeadLetters(filter, values, output);
  },
});

const discard = command({
  name: "discard",
  summary: "Gives a dead letter up: what was held behind it goes on without it",
  arguments: "POSITION",
  options: discardOptions,
  notes: "Says first what it will touch, never touches more than --limit, and needs --reason.",
  examples: [["zaakstroom dlq discard 4711 --as j.jansen --reason 'Sent by mistake'", "one"]],
  exits,
  async run({ values, positional }: Parsed<typeof discardOptions>, output) {
    if (positional.length === 0 && values.case === undefined) {
      throw new UsageError("dlq discard takes a POSITION, see dlq list; or all of a case by --case");
    }
    const filter = filterOf(values, positional);
    requireActReason("dlq discard", values);
    return await (await import("./run.ts")).discardDeadLetters(filter, values, output);
  },
});

/** `dlq`: what an operator does about deliveries that were given up. */
export const dlq = commandGroup({
  name: "dlq",
  summary: "Dead letters: lists them, shows the evidence, redrives or discards them",
  notes: "A dead letter holds its case, for its processor, until a person acts.",
  subcommands: [list, show, redrive, discard],
});

function filterOf(values: DeadLetterListValues, positional: readonly string[] = []): DeadLetterFilter {
  return stoppedFilterOf(values, positional, "dlq list");
}
