/** A policy tried on the latest cases of a store, within a few seconds: one at a time in a node. @module */
import {
  type Candidate,
  InvalidCandidate,
  parsePolicy,
  policyFields,
  policyFile,
} from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import { compareHistory } from "../../../simulators/what_if/compare_history.ts";
import { type WhatIfResult, whatIfResult } from "../../../simulators/what_if/what_if_result.ts";
import { Problem } from "../problem.ts";

/** The policy as a form shows it: in effect, or as it was asked for. */
export interface TriedPolicy {
  /** By the name of the field, as text. */
  readonly now: Readonly<Record<string, string>>;
  readonly asked: Readonly<Record<string, string>>;
  /** What is other than it is, as a candidate; undefined where nothing is. */
  readonly candidate: Candidate | undefined;
  readonly changes: readonly string[];
  /** The same as a policy file has it; empty where something is wrong with it. */
  readonly bounds: Readonly<Record<string, number>>;
  /** What is wrong with it. */
  readonly fault: string | undefined;
}

/** Reads the fields of a query. */
export function triedPolicyOf(query: URLSearchParams): TriedPolicy {
  const file = policyFile();
  const now = Object.fromEntries(
    policyFields.map(({ name }) => [name, String(Number(JSON.stringify(file[name])))]),
  );
  const asked = Object.fromEntries(
    policyFields.map(({ name }) => [name, query.get(name)?.trim() || now[name]!]),
  );
  const other = policyFields.filter(({ name }) => asked[name] !== now[name]);
  const changes = other.map(({ name }) => `${name} ${now[name]} → ${asked[name]}`);
  const none = { now, asked, candidate: undefined, changes, bounds: {}, fault: undefined };
  if (other.length === 0) return none;
  try {
    const bounds = Object.fromEntries(other.map(({ name }) => [name, Number(asked[name])]));
    return { ...none, candidate: { policy: parsePolicy(bounds) }, bounds };
  } catch (error) {
    if (!(error instanceof InvalidCandidate)) throw error;
    return { ...none, fault: error.message };
  }
}

/** The longest time that a page waits for. */
export const MOST_SECONDS = 5;
/** Events of the log, the latest ones, whose cases are tried. */
const LATEST_EVENTS = 20_000;

let isRunning = false;

/** Tries a candidate on the cases that came in last. Throws Problem while another one is tried. */
export async function tryOnLatest(
  backend: Backend,
  candidate: Candidate,
  changes: readonly string[],
): Promise<WhatIfResult> {
  if (isRunning) throw new Problem(503, "whatif.busy", "whatif.busy.detail");
  isRunning = true;
  try {
    const last = await backend.lastPosition?.() ?? 0;
    const signal = AbortSignal.timeout(MOST_SECONDS * 1_000);
    const compared = { mode: "decisions", sample: 1, seed: "console" } as const;
    const fromPosition = Math.max(1, last - LATEST_EVENTS + 1);
    const { figures } = await compareHistory(backend, {
      ...compared,
      candidate,
      fromPosition,
      workers: 1,
      signal,
    });
    return whatIfResult(figures, { ...compared, changes, complete: !signal.aborted });
  } finally {
    isRunning = false;
  }
}
