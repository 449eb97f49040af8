/** `load`: offers a node so many cases a second, and says what came of it. @module */
import { arrivalKinds } from "../../../simulators/load/arrival_schedule.ts";
import { duration, oneOf, rate, text, wholeNumber } from "../../../schema/settings.ts";
import { backendOptions, jsonOption } from "../../store/open_backend.ts";
import { command } from "../../cli/command.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import { defaultWorkers } from "../../node/node.ts";
import type { Parsed, Values } from "../../cli/options.ts";
import { z } from "zod";

/** A rate, or `max` to search for the highest one. */
const rateOrMax = z.string({ error: "must be given, e.g. --rate 100/sec or --rate max" })
  .pipe(z.union([z.literal("max"), rate], { error: "must be a rate such as 100/sec or 600/min, or max" }));

const loadOptions = {
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
    help: "for so long, e.g. 60s; default 60s, and 10s for each rate of a search",
  },
  "warm-up": {
    schema: duration.optional(),
    value: "TIME",
    help: "arrivals so early are not counted; default a tenth of the duration, 5s at most",
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
  workers: {
    schema: wholeNumber(1, 64).default(defaultWorkers()),
    value: "N",
    env: "ZAAKSTROOM_WORKERS",
    help: `worker threads; default ${defaultWorkers()} here`,
  },
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
  json: jsonOption,
} as const;

export type LoadValues = Values<typeof loadOptions>;

export const load = command({
  name: "load",
  summary: "Loads a node with cases that arrive by a schedule, and measures latency, throughput and use",
  options: loadOptions,
  notes: [
    "Examples:",
    "  zaakstroom load --rate 100/sec --duration 60s                on the embedded PostgreSQL",
    "  zaakstroom load --backend nats --url nats://host --rate 600/min",
    "  zaakstroom load --rate max --slo 50ms --report report        the highest rate that is held",
    "",
    "Cases arrive whether or not the store keeps up, and latency counts from when they were due. What is stored on",
    "a server of your own (--url) stays there: use one that may keep generated cases. On PostgreSQL run setup on it first.",
    "Exit code 0 when the rate was held (for max: when one was found), 1 when it was not.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof loadOptions>, output) {
    if (positional.length > 0) throw new UsageError(`load takes no arguments: ${positional[0]}`);
    // The tester and its histogram are only loaded by who uses them.
    const { runLoad } = await import("./run.ts");
    return await runLoad(values, output);
  },
});
