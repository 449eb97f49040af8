/** `what-if`: what would have been decided under another policy, other rules or another model. @module */
import { command } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { whatIfOptions } from "./options.ts";

export const whatIf = command({
  name: "what-if",
  summary: "Decides history again by another policy, other rules or another model, and compares",
  options: whatIfOptions,
  notes:
    "Nothing is stored. Without a candidate the current version is compared with itself, which shows no " +
    "difference. After Ctrl-C the same command goes on where it was.",
  examples: [
    ["zaakstroom what-if --policy policy.json --sample 10%", "a first impression"],
    [
      "zaakstroom what-if --rules candidate --whole --report out",
      "all of it, with what would have come of it",
    ],
  ],
  exits: {
    [exitCodes.failed]: "the candidate failed on a case",
    [exitCodes.interrupted]: "stopped by Ctrl-C: the same command goes on",
  },
  run: async ({ values }: Parsed<typeof whatIfOptions>, output) =>
    await (await import("./run.ts")).runWhatIf(values, output),
});
