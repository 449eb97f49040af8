/** `export`: read models as files, for a warehouse. @module */
import { command } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { exportOptions } from "./options.ts";

export const exportCommand = command({
  name: "export",
  summary: "Prints a whole read model as NDJSON or CSV",
  options: exportOptions,
  notes: [
    "The read model is brought up to date first. Its rows come in the order of their keys, each once, however much is stored",
    "meanwhile. There is no personal data in them, but with --personal: that takes an account that may read events and write",
    "the audit trail, and a reason, which is there before the first line.",
  ].join("\n"),
  examples: [
    ["zaakstroom export --model flow_per_day --output csv", "figures a day, for a spreadsheet"],
    ["zaakstroom export --model cases", "every case as a line of JSON"],
  ],
  exits: { [exitCodes.interrupted]: "stopped by Ctrl-C before its end" },
  async run({ values }: Parsed<typeof exportOptions>, output) {
    if (values.model === undefined) {
      throw new UsageError("export needs --model, see zaakstroom projections list");
    }
    if (values.personal && values.reason === undefined) {
      throw new UsageError("Cannot use --personal without --reason: say why");
    }
    return await (await import("./run.ts")).exportModel(values.model, values, output);
  },
});
