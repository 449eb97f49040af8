/** The figures of runs in words, for the terminal and the report. Pure. @module */
import type { ChaosRuns } from "../../chaos.ts";
import type { RunResult } from "../run_scenario.ts";
import { formatCount } from "../../reports/number_format.ts";
import type { FaultRecord } from "../timeline.ts";

/** Everything that one invocation of chaos did. */
export interface ChaosResult extends ChaosRuns {
  readonly at: string;
  readonly seed: string;
}

export function hasPassed({ runs, missing }: ChaosResult): boolean {
  return runs.length > 0 && missing.length === 0 && runs.every(({ failures }) => failures.length === 0);
}

/** The worst over the faults of a run: an average of a few would hide it. */
export function worstOf(faults: readonly FaultRecord[], of: (fault: FaultRecord) => number | undefined) {
  const values = faults.map(of).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : Math.max(...values);
}

/** The ledger of a run in one line. */
export function describeLedger({ ledger, accepted, settled }: RunResult): string {
  const { completed, inReview, inProgress, parked, dead } = ledger;
  const counts = { completed, "in review": inReview, "in progress": inProgress, parked, dead };
  const parts = Object.entries(counts).map(([what, count]) => `${formatCount(count)} ${what}`);
  const verdict = ledger.balanced
    ? "nothing lost, nothing duplicated, nothing out of order"
    : "does not balance";
  return `${formatCount(accepted)} events accepted and ${formatCount(settled)} deliveries settled; ` +
    `${formatCount(ledger.accepted)} cases = ${parts.join(" + ")}; ${verdict}`;
}

/** The command that plays a run again. */
export function replayCommand({ backend, scenario, seed, durationMs, perSecond }: RunResult): string {
  const rate = `--rate ${perSecond}/sec --duration ${durationMs / 1000}s`;
  return `deno task chaos --backend ${backend} --scenario ${scenario} --seed ${seed} ${rate}`;
}
