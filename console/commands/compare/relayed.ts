/** `compare --relayed`: the same intakes settled on PostgreSQL and, relayed into its ingest, on JetStream. @module */
import { join } from "node:path";
import { defaultSupervisorOptions } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { RelayTarget } from "../../../backends/relay/target.ts";
import { compareRelayed, type RelayedComparison } from "../../../simulators/comparison/relayed.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { openNatsServer } from "../../store/nats_server.ts";
import type { CompareValues } from "./options.ts";
import { backendValues, openPostgres, TIMERS_AS_OF } from "./participants.ts";

/** Cases that are named in a terminal; the rest are counted. */
const MOST_NAMED = 5;

/** Runs it; returns the exit code. */
export async function runRelayed(values: CompareValues, output: Output): Promise<number> {
  const stop = listenForStop(false);
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-compare-" });
  await Deno.chmod(directory, 0o711); // as root the database runs as another user, who must pass
  try {
    const comparison = await compareIn(directory, values, output, stop.graceful);
    if (stop.graceful.aborted) return exitCodes.interrupted;
    printResult(output, values, { json: comparison, text: describeRelayed(comparison) });
    return comparison.different.length === 0 ? exitCodes.ok : exitCodes.failed;
  } finally {
    stop.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function compareIn(
  directory: string,
  values: CompareValues,
  output: Output,
  signal: AbortSignal,
): Promise<RelayedComparison> {
  const from = await openPostgres(values, directory);
  try {
    const other = await openOther(values, directory);
    try {
      return await compareRelayed({
        ...{ from: from.backend, to: other.backend, target: other.target, signal },
        ...{ count: values.count, seed: values.seed ?? crypto.randomUUID() },
        supervision: defaultSupervisorOptions(values.workers),
        onProgress: (line) => output.err(line),
      });
    } finally {
      await other.close();
    }
  } finally {
    await from.close();
  }
}

interface OtherStore {
  readonly backend: Backend;
  /** Its ingest. */
  readonly target: RelayTarget;
  close(): Promise<void>;
}

async function openOther(values: CompareValues, directory: string): Promise<OtherStore> {
  const url = values["nats-url"];
  const place = url === undefined ? { "data-dir": join(directory, "nats") } : { url };
  const server = await openNatsServer(backendValues(values, { backend: "nats", ...place }), "node");
  const { openNats } = await import("../../../backends/nats/nats_backend.ts");
  const { IngestTarget } = await import("../../../backends/nats/relay/ingest_target.ts");
  const { partitions } = values;
  const backend = await openNats({ ...server.options, partitions, timersAsOf: TIMERS_AS_OF });
  const { url: at, credentials } = server.options;
  return {
    backend,
    target: new IngestTarget({ url: at, credentials, prefix: "cases" }),
    close: () => backend.close().finally(() => server.close()),
  };
}

function describeRelayed({ from, to, seed, intakes, decisions, different }: RelayedComparison): string {
  const work = `${intakes} intakes (seed ${seed}) settled on ${from} and, relayed into its ingest, on ${to}`;
  if (different.length === 0) return `${work}: the ${decisions} decisions are equal`;
  const named = different.slice(0, MOST_NAMED).join(", ");
  return `${work}: of ${decisions} decisions ${different.length} differ, such as those of ${named}`;
}
