/** A comparison as the command runs it. @module */
import { compare } from "../simulators/comparison.ts";
import {
  type Comparison,
  comparisonReport,
  describeComparison,
} from "../simulators/compare/comparison_report.ts";
import type { Output } from "./command.ts";
import type { CompareValues } from "./commands/compare.ts";
import { type Contestants, openContestants } from "./contestants.ts";
import { exitCodes } from "./exit_codes.ts";
import { machineLine } from "./machine.ts";
import { supervision } from "./node.ts";
import { Peers } from "./peers.ts";
import { prepareReports, writeReport } from "./report_files.ts";
import { stopRequests } from "./stopping.ts";

/** Runs the comparison; returns the exit code. */
export async function runCompare(values: CompareValues, output: Output): Promise<number> {
  if (values.report !== undefined) await prepareReports(values.report);
  const requests = stopRequests(false);
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-compare-" });
  await Deno.chmod(directory, 0o711); // as root the database runs as another user, who must pass
  try {
    const contestants = await openContestants(values, directory);
    try {
      const comparison = await measureAll(contestants, values, output, requests.first);
      if (requests.first.aborted) return exitCodes.interrupted;
      output.out(values.json ? JSON.stringify(comparison) : describeComparison(comparison));
      if (values.report !== undefined) {
        await writeReport(values.report, "comparison", comparisonReport(comparison));
      }
      return exitCodes.ok;
    } finally {
      for (const each of contestants.open) await each.close();
    }
  } finally {
    requests.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function measureAll(
  { open, leftOut }: Contestants,
  values: CompareValues,
  output: Output,
  signal: AbortSignal,
): Promise<Comparison> {
  const { rounds, count, rate, duration, workers } = values;
  const seed = values.seed ?? crypto.randomUUID();
  const tell = (line: string) => values.json ? undefined : output.err(line);
  const url = open.find(({ backend }) => backend.name === "postgres")?.url;
  const beside = values.peers && url !== undefined ? new Peers({ url, count, seed }) : undefined;
  const backends = await compare(open, {
    ...{ rounds, count, perSecond: rate, durationMs: duration, seed, supervision, workers, signal, tell },
    others: async (n) =>
      await beside?.round(n, signal, (name) => tell(`Round ${n + 1} of ${rounds}: ${name}`)),
  });
  const peers = beside?.figures() ?? [];
  const machine = machineLine();
  return { machine, seed, rounds, count, rate_per_second: rate, backends, peers, left_out: leftOut };
}
