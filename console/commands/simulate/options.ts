/** The options of `simulate`, as the command declares them and the run reads them. @module */
import { type CaseVariantName, caseVariantNames } from "../../../simulators/cases/variants.ts";
import { duration, flag, oneOf, rate, text, wholeNumber } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions } from "../../store/options.ts";

export const simulateOptions = {
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

export type SimulateValues = Values<typeof simulateOptions>;
