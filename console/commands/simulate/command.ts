/** `simulate`: generates cases, into a store or as text. @module */
import { type CaseVariantName, caseVariantNames } from "../../../simulators/cases/variants.ts";
import { duration, flag, oneOf, rate, text, wholeNumber } from "../../../schema/settings.ts";
import { command } from "../../cli/command.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions } from "../../store/options.ts";

const simulateOptions = {
  ...backendOptions,
  backend: {
    ...backendOptions.backend,
    schema: oneOf(["postgres", "nats", "memory", "none"]).default("postgres"),
    help: "postgres, nats, memory (kept nowhere); none prints the cases as NDJSON; default postgres",
  },
  count: {
    schema: wholeNumber(1, 100_000_000).optional(),
    value: "N",
    help: "this many cases; default 1000 without --duration",
  },
  rate: {
    schema: rate.optional(),
    value: "RATE",
    help: "at this rate, e.g. 100/sec; default: as fast as it goes",
  },
  duration: { schema: duration.optional(), value: "TIME", help: "for this long, e.g. 60s" },
  seed: {
    schema: text.optional(),
    value: "TEXT",
    help: "the same seed gives the same cases; default: a new one",
  },
  scenario: {
    schema: oneOf(caseVariantNames as [CaseVariantName, ...CaseVariantName[]]).default("none"),
    value: "NAME",
    help: `a labelled departure from the sourced figures: ${caseVariantNames.join(", ")}`,
  },
  explain: { schema: flag, help: "show which figures are sourced and which are assumptions, and end" },
  report: { schema: flag, help: "put sourced and generated shares side by side (with --backend none)" },
  ...outputOptions,
} as const;

type SimulateCall = Parsed<typeof simulateOptions>;
export type SimulateValues = SimulateCall["values"];

export const simulate = command({
  name: "simulate",
  summary: "Generates cases as Dutch debt assistance sees them",
  options: simulateOptions,
  async run({ values }: SimulateCall, output) {
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
