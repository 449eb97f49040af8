/** `simulate`: generates cases, into a store or as text. @module */
import { command } from "../../cli/command.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { simulateOptions, type SimulateValues } from "./options.ts";

export const simulate = command({
  name: "simulate",
  summary: "Generates cases as Dutch debt assistance sees them",
  options: simulateOptions,
  async run({ values }: Parsed<typeof simulateOptions>, output) {
    validateOptions(values);
    const { printFigures, printCases, printReport, storeCases } = await import("./run.ts");
    if (values.explain) return printFigures(values, output);
    if (values.report) return printReport(values, output);
    return values.backend === "none" ? await printCases(values, output) : await storeCases(values, output);
  },
});

function validateOptions({ explain, report, backend, rate, duration, output }: SimulateValues): void {
  if (explain) return;
  if (backend !== "none") {
    if (report) throw new UsageError("Cannot use --report without --backend none");
    return;
  }
  if (rate !== undefined || duration !== undefined) {
    throw new UsageError(
      "Cannot use --rate or --duration with --backend none: it prints as fast as it is read",
    );
  }
  if (!report && output !== undefined && output !== "ndjson") {
    throw new UsageError(`Cannot use --output ${output} with --backend none: it prints events as NDJSON`);
  }
}
