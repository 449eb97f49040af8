/** The options of `load`, as the command declares them and the run reads them. @module */
import { z } from "zod";
import { arrivalKinds } from "../../../simulators/load/arrival_schedule.ts";
import { duration, oneOf, rate, text } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions, plainOption, workersOption } from "../../store/options.ts";

/** A rate, or `max` to search for the highest one. */
const rateOrMax = z.string({ error: "must be given, e.g. --rate 100/sec or --rate max" })
  .pipe(z.union([z.literal("max"), rate], { error: "must be a rate such as 100/sec or 600/min, or max" }));

export const loadOptions = {
  ...backendOptions,
  "data-dir": {
    ...backendOptions["data-dir"],
    help: "where the embedded PostgreSQL lives; default: a new directory, removed at the end",
  },
  rate: {
    schema: rateOrMax,
    value: "RATE",
    help: "cases a second or minute, 100/sec or 600/min; max searches",
  },
  duration: {
    schema: duration.optional(),
    value: "TIME",
    help: "for this long, e.g. 60s; default 60s, and 10s for each rate of a search",
  },
  "warm-up": {
    schema: duration.optional(),
    value: "TIME",
    help: "arrivals before this are not counted; default a tenth of the duration, 5s at most",
  },
  arrivals: {
    schema: oneOf(arrivalKinds).default("poisson"),
    value: "KIND",
    help: "fixed, poisson, or daily (a working day within the duration); default poisson",
  },
  slo: {
    schema: duration.default(50),
    value: "TIME",
    help: "with --rate max: end-to-end latency p99 that must be kept; default 50ms",
  },
  workers: workersOption,
  plain: plainOption,
  seed: {
    schema: text.optional(),
    value: "TEXT",
    help: "the same seed gives the same moments and citizens; default: a new one",
  },
  report: {
    schema: text.optional(),
    value: "DIR",
    help: "write load.md, load.html and plots there",
  },
  ...outputOptions,
} as const;

export type LoadValues = Values<typeof loadOptions>;
