/** A comparison of all of history with another policy, that goes on in the background. @module */
import type { ComparisonProgress } from "../../../simulators/what_if/compare_history.ts";

/** `running` also while its node is away: it goes on when that is back. */
export type RunState = "running" | "done" | "cancelled" | "failed";

/** What was asked, by whom, and how far it is. */
export interface WhatIfRun {
  readonly id: string;
  readonly by: string;
  readonly why: string;
  readonly at: string;
  /** What is other than it is, as a policy file has it. */
  readonly policy: Readonly<Record<string, number>>;
  readonly changes: readonly string[];
  /** Share of the cases, above 0 and at most 1. */
  readonly sample: number;
  readonly state: RunState;
  readonly ended?: RunEnd;
}

/** How a run ended: who cancelled it, or the class of the error it failed with. */
export interface RunEnd {
  readonly at: string;
  readonly by?: string;
  readonly why?: string;
  readonly error?: string;
}

/** How far a run is, with what its figures were counted by: other rules begin anew. */
export interface KeptProgress {
  readonly countedBy: string;
  readonly last: number;
  readonly progress: ComparisonProgress;
}
