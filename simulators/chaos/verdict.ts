/** The verdict of a run: why it failed, or that it did not. Pure. @module */
import { type Finding, invariants } from "../proof/history_checker.ts";
import type { Scenario } from "./scenario.ts";
import type { FaultRecord } from "./timeline.ts";

interface Evidence {
  readonly scenario: Scenario;
  readonly faults: readonly FaultRecord[];
  readonly findings: readonly Finding[];
  /** The load was flowing before the first fault. */
  readonly warm: boolean;
  readonly interrupted: boolean;
}

/** How many of a kind are listed; the rest are counted. */
const MAX_SHOWN = 5;

/** Everything that is wrong, a line each; nothing when the run passed. A fault that is not proven is wrong too. */
export function failuresOf({ scenario, faults, findings, warm, interrupted }: Evidence): string[] {
  return [
    ...interrupted ? ["it was interrupted"] : [],
    ...warm ? [] : ["warm-up: nothing was settled before the first fault"],
    ...faults.flatMap((fault) => failuresOfFault(fault, scenario)),
    ...findings.flatMap(failuresOfFinding),
  ];
}

function failuresOfFault(fault: FaultRecord, { expect }: Scenario): string[] {
  const { name, proof, mustShow, detectedMs, recoveredMs, slowestProbeMs, problems } = fault;
  const late = (what: string, ms: number | undefined, most = Infinity) =>
    ms !== undefined && ms > most
      ? [`${name}: ${what} after ${Math.round(ms)} ms, wanted within ${most} ms`]
      : [];
  return [
    ...proof === undefined ? [`${name}: nothing proves that it took effect`] : [],
    ...mustShow && detectedMs === undefined ? [`${name}: the runtime did not show it (I8)`] : [],
    ...recoveredMs === undefined ? [`${name}: nothing was settled after it`] : [],
    ...late("recovered", recoveredMs, expect.recoverMs),
    ...late("answered a probe", slowestProbeMs, expect.probeMs),
    ...problems.map((problem) => `${name}: ${problem}`),
  ];
}

function failuresOfFinding({ invariant, broken }: Finding): string[] {
  const label = `${invariant} (${invariants[invariant]})`;
  const shown = broken.slice(0, MAX_SHOWN).map((what) => `${label}: ${what}`);
  return broken.length > MAX_SHOWN ? [...shown, `${label}: and ${broken.length - MAX_SHOWN} more`] : shown;
}
