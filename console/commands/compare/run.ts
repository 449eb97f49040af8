/** Runs the comparison: opens the stores, measures in turns, reports, and removes what it made. @module */
import { defaultSupervisorOptions } from "../../../actors/supervisor.ts";
import { compareBackends } from "../../../simulators/comparison.ts";
import {
  type Comparison,
  comparisonReport,
  describeComparison,
} from "../../../simulators/comparison/comparison_report.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult, toSnakeCase } from "../../cli/output.ts";
import { describeMachine, prepareReports, writeReport } from "../../cli/report_files.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { Progress } from "../../cli/terminal.ts";
import type { CompareValues } from "./options.ts";
import { openParticipants, type Participants } from "./participants.ts";
import { Peers } from "./peers.ts";

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
      printComparison(comparison, values, output);
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
  { open, excluded: left_out }: Participants,
  values: CompareValues,
  output: Output,
  signal: AbortSignal,
): Promise<Comparison> {
  const { rounds, count, rate, duration, workers } = values;
  const seed = values.seed ?? crypto.randomUUID();
  const url = open.find(({ backend }) => backend.name === "postgres")?.url;
  const peerRuns = values.peers && url !== undefined ? new Peers({ url, count, seed }) : undefined;
  const onProgress = progressReporter(output, rounds * (open.length + (peerRuns?.size ?? 0)));
  const backends = await compareBackends(open, {
    rounds,
    count,
    perSecond: rate,
    durationMs: duration,
    seed,
    supervision: defaultSupervisorOptions,
    workers,
    signal,
    onProgress,
    runPeers: async (n) =>
      await peerRuns?.round(n, signal, (name) => onProgress(`Round ${n + 1} of ${rounds}: ${name}`)),
  });
  const peers = peerRuns?.figures() ?? [];
  return {
    machine: describeMachine(),
    seed,
    rounds,
    count,
    rate_per_second: rate,
    backends,
    peers,
    left_out,
  };
}

/** Prints the beginning of each measurement with the time that is left, judged by those before it. */
function progressReporter(output: Output, total: number): (line: string) => void {
  const progress = new Progress(output, { what: "measurements", total });
  let done = 0;
  return (line) => progress.print(`${line}${progress.timeLeft(done++ / total)}`);
}

/** What CSV shows of a backend besides its measures. */
const COLUMNS = ["name", "durability", "stored_bytes_per_event"];

function printComparison(comparison: Comparison, values: CompareValues, output: Output): void {
  const json = toSnakeCase(comparison) as Comparison;
  const rows = json.backends;
  const measured = Object.keys(rows[0]?.figures ?? {}).map((measure) => `figures.${measure}.median`);
  printResult(output, values, {
    json,
    rows,
    columns: [...COLUMNS, ...measured],
    text: describeComparison(comparison),
  });
}
