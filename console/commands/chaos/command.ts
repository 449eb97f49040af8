/** `chaos`: strikes real servers, processes and networks, and proves by the ledger that nothing came of it. @module */
import { natsUrl, postgresUrl } from "../../../schema/settings.ts";
import { command } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { chaosOptions, type ChaosValues } from "./options.ts";

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
  async run({ values }: Parsed<typeof chaosOptions>, output) {
    if (values.list) return await (await import("./scenario_list.ts")).printScenarios(values, output);
    validateOptions(values);
    return await (await import("./run.ts")).runChaos(values, output);
  },
});

function validateOptions({ backend, url, duration }: ChaosValues): void {
  if (duration < MIN_DURATION_MS) throw new UsageError("Cannot use --duration: it must be at least 3s");
  if (url === undefined) return;
  const fits = backend === "postgres" ? postgresUrl : backend === "nats" ? natsUrl : undefined;
  if (fits === undefined) throw new UsageError(`Cannot use --url with --backend ${backend}`);
  if (!URL.canParse(url)) throw new UsageError("Cannot use --url: chaos takes one host and its port");
  if (!fits.safeParse(url).success) {
    throw new UsageError(`Cannot use --url: with --backend ${backend} it begins with ${backend}://`);
  }
}
