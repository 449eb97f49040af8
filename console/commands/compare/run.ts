/** A comparison as the command runs it. @module */
import { defaultSupervisorOptions } from "../../../actors/supervisor.ts";
import { compareBackends } from "../../../simulators/comparison.ts";
import {
  type Comparison,
  comparisonReport,
  describeComparison,
} from "../../../simulators/comparison/comparison_report.ts";
import type { Output } from "../../cli/command.ts";
import type { CompareValues } from "./command.ts";
import { openParticipants, type Participants } from "./participants.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { describeMachine } from "../../cli/machine_description.ts";
import { Peers } from "./peers.ts";
import { prepareReports, writeReport } from "../../cli/report_files.ts";
import { listenForStop } from "../../cli/shutdown.ts";

/** Runs the comparison; returns the exit code. */
export async function runCompare(values: CompareValues, output: Output): Promise<number> {
  if (values.report !== undefined) await prepareReports(values.report);
  const requests = listenForStop(false);
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-compare-" });
  await Deno.chmod(directory, 0o711); // as root the database runs as another user, who must pass
  try {
    const participants = await openParticipants(values, directory);
    try {
      const comparison = await measureAll(participants, values, output, requests.graceful);
      if (requests.graceful.aborted) return exitCodes.interrupted;
      output.out(values.json ? JSON.stringify(comparison) : describeComparison(comparison));
      if (values.report !== undefined) {
        await writeReport(values.report, comparisonReport(comparison));
      }
      return exitCodes.ok;
    } finally {
      for (const each of participants.open) await each.close();
    }
  } finally {
    requests.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function measureAll(
  { open, excluded: leftOut }: Participants,
  values: CompareValues,
  output: Output,
  signal: AbortSignal,
): Promise<Comparison> {
  const { rounds, count, rate, duration, workers } = values;
  const seed = values.seed ?? crypto.randomUUID();
  const onProgress = (line: string) => values.json ? undefined : output.err(line);
  const url = open.find(({ backend }) => backend.name === "postgres")?.url;
  const peerRuns = values.peers && url !== undefined ? new Peers({ url, count, seed }) : undefined;
  const backends = await compareBackends(open, {
    ...{
      rounds,
      count,
      perSecond: rate,
      durationMs: duration,
      seed,
      supervision: defaultSupervisorOptions,
      workers,
      signal,
      onProgress,
    },
    runPeers: async (n) =>
      await peerRuns?.round(n, signal, (name) => onProgress(`Round ${n + 1} of ${rounds}: ${name}`)),
  });
  const peers = peerRuns?.figures() ?? [];
  const machine = describeMachine();
  return { machine, seed, rounds, count, rate_per_second: rate, backends, peers, left_out: leftOut };
}
