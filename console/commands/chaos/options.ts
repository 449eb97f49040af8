/** The options of `chaos`, as the command declares them and the run reads them. @module */
import { duration, flag, oneOf, rate, serverUrl, text, wholeNumber } from "../../../schema/settings.ts";
import { scenarioNames } from "../../../simulators/chaos/scenarios.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";

export const chaosOptions = {
  backend: {
    schema: oneOf(["postgres", "nats", "both", "memory"]).default("postgres"),
    value: "NAME",
    help: "postgres, nats, both, or memory (workers only: there is nothing else to strike); default postgres",
  },
  scenario: {
    schema: oneOf(["all", ...scenarioNames]).default("all"),
    value: "NAME",
    help: "what to play; --list explains each; default all",
  },
  seed: {
    schema: text.optional(),
    value: "TEXT",
    help: "the same seed plays the same plan; default: a new one",
  },
  duration: {
    schema: duration.default(20_000),
    value: "TIME",
    help: "how long the load of each run lasts, at least 3s; default 20s",
  },
  rate: { schema: rate.default(150), value: "RATE", help: "events to append, e.g. 500/sec; default 150/sec" },
  url: {
    schema: serverUrl.optional(),
    value: "URL",
    help: "a server to use, never killed; default: servers of its own, in a temporary directory",
  },
  parallel: {
    schema: wholeNumber(1, 16).default(Math.max(1, Math.min(4, navigator.hardwareConcurrency))),
    value: "N",
    help: "runs at once; default one a core, at most 4",
  },
  report: { schema: text.optional(), value: "DIR", help: "write chaos.md and chaos.html there" },
  list: { schema: flag, help: "explain the scenarios and the faults, and end" },
  ...outputOptions,
} as const;

export type ChaosValues = Values<typeof chaosOptions>;
