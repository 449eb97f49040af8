/** `processors rewind`: a processor is handed again what it has done. @module */
import { command } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { requireActReason } from "../../store/named_act.ts";
import { rewindOptions } from "./rewind_options.ts";

export const rewind = command({
  name: "rewind",
  summary:
    "Hands a processor again what it has done since a time or position; without --to tells how far it is",
  arguments: "NAME",
  options: rewindOptions,
  notes: [
    "Nothing is stored twice: an output that is stored by the same processor for the same input is left as it is, whatever this",
    "version would make of it now, and counted where it differs. What is new is stored. Timers are left as they are. Other",
    "processors go on meanwhile, and nodes may run: the processor works by itself until it has caught up.",
  ].join("\n"),
  examples: [
    [
      "zaakstroom processors rewind decision --to 2026-01-31T00:00:00Z --dry-run",
      "what would be new, and what would come out otherwise",
    ],
    [
      "zaakstroom processors rewind decision --to 1200 --reason 'v2 writes letters too'",
      "from position 1200 on",
    ],
    ["zaakstroom processors rewind decision", "how far it is"],
  ],
  exits: {
    [exitCodes.failed]: "deliveries wait there: redrive or discard them first",
    [exitCodes.notFound]: "no such processor",
  },
  async run({ values, positional: [name, ...more] }: Parsed<typeof rewindOptions>, output) {
    if (name === undefined || more.length > 0) throw new UsageError("processors rewind takes one NAME");
    const acts = await import("./rewind_run.ts");
    const { to, "dry-run": isDryRun } = values;
    if (to === undefined) {
      if (isDryRun) throw new UsageError("processors rewind --dry-run needs --to");
      return await acts.showProgress(name, values, output);
    }
    if (isDryRun) return await acts.tryRewind(name, to, values, output);
    requireActReason("processors rewind", values);
    return await acts.rewindProcessor(name, to, values, output);
  },
});
