/** `chaos`: strikes real servers, processes and networks, and proves by the ledger that nothing came of it. @module */
import { duration, flag, natsUrl, oneOf, postgresUrl, rate, serverUrl } from "../../../schema/settings.ts";
import { text, wholeNumber } from "../../../schema/settings.ts";
import { scenarios } from "../../../simulators/chaos/scenarios.ts";
import { command } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";

const names = scenarios.map(({ name }) => name);

const chaosOptions = {
  backend: {
    schema: oneOf(["postgres", "nats", "both", "memory"]).default("postgres"),
    value: "NAME",
    help: "postgres, nats, both, or memory (workers only: there is nothing else to strike); default postgres",
  },
  scenario: {
    schema: oneOf(["all", ...names]).default("all"),
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

type ChaosCall = Parsed<typeof chaosOptions>;
export type ChaosValues = ChaosCall["values"];

const MIN_DURATION_MS = 3_000;

export const chaos = command({
  name: "chaos",
  summary: "Injects faults into real backends, and proves that nothing is lost",
  options: chaosOptions,
  notes: "Each run: warm-up, fault, proof that the fault took effect, heal, drain, ledger, verdict.",
  examples: [
    [
      "zaakstroom chaos --backend both --scenario network_partition",
      "one scenario on PostgreSQL and on NATS",
    ],
    ["zaakstroom chaos --backend both --report chaos-report", "all of them, with a report"],
  ],
  exits: {
    [exitCodes.ok]: "everything passed",
    [exitCodes.failed]: "a run failed, or a backend that was asked for is not to be had",
    [exitCodes.unavailable]: "no nats-server for --backend nats",
    [exitCodes.interrupted]: "interrupted by a second signal",
  },
  async run({ values }: ChaosCall, output) {
    if (values.list) return await (await import("./scenario_list.ts")).printScenarios(values, output);
    validateOptions(values);
    return await (await import("./run.ts")).runChaos(values, output);
  },
});

function validateOptions({ backend, url, duration }: ChaosValues): void {
  if (duration < MIN_DURATION_MS) throw new UsageError("Cannot use --duration: it must be at least 3s");
  if (Deno.build.standalone) {
    throw new UsageError("chaos runs from the source only: a compiled program has no way to hurt itself");
  }
  if (url === undefined) return;
  const fits = backend === "postgres" ? postgresUrl : backend === "nats" ? natsUrl : undefined;
  if (fits === undefined) throw new UsageError(`Cannot use --url with --backend ${backend}`);
  if (!fits.safeParse(url).success) {
    throw new UsageError(`Cannot use --url: with --backend ${backend} it begins with ${backend}://`);
  }
}
