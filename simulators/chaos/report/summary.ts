/** How the figures of a run are written, alike in every report. Pure. @module */
import type { RunResult } from "../run_scenario.ts";
import type { FaultRecord } from "../timeline.ts";

/** Everything chaos did in one go. */
export interface ChaosResult {
  readonly at: string;
  readonly seed: string;
  readonly runs: readonly RunResult[];
  /** What was asked for and could not be played; it makes the whole fail. */
  readonly missing: readonly string[];
  /** What does not apply, and why. */
  readonly notPlayed: readonly string[];
}

export function hasPassed({ runs, missing }: ChaosResult): boolean {
  return runs.length > 0 && missing.length === 0 && runs.every(({ failures }) => failures.length === 0);
}

/** `1.2 s`, `85 ms`, or a dash for what never was. */
export function formatMs(value: number | undefined): string {
  if (value === undefined) return "–";
  return value >= 1_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}

export function formatCount(value: number): string {
  return value.toLocaleString("en-GB");
}

/** The worst of the faults of a run: nobody is helped by an average of a few. */
export function worstOf(faults: readonly FaultRecord[], of: (fault: FaultRecord) => number | undefined) {
  const values = faults.map(of).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : Math.max(...values);
}

/** The account of a run in one line. */
export function describeLedger({ ledger, accepted, settled }: RunResult): string {
  const { completed, inReview, inProgress, parked, dead } = ledger;
  const parts = [
    `${formatCount(completed)} completed`,
    `${formatCount(inReview)} in review`,
    `${formatCount(inProgress)} in progress`,
    `${formatCount(parked)} parked`,
    `${formatCount(dead)} dead`,
  ];
  const verdict = ledger.balanced
    ? "nothing lost, nothing duplicated, nothing out of order"
    : "does not balance";
  return `${formatCount(accepted)} events accepted and ${formatCount(settled)} deliveries settled; ` +
    `${formatCount(ledger.accepted)} cases = ${parts.join(" + ")}; ${verdict}`;
}

/** How to play a run again. */
export function replayCommand({ backend, scenario, seed, durationMs, perSecond }: RunResult): string {
  const rate = `--rate ${perSecond}/sec --duration ${durationMs / 1000}s`;
  return `deno task chaos --backend ${backend} --scenario ${scenario} --seed ${seed} ${rate}`;
}
