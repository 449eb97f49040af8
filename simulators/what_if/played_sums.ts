/** What became of cases that were played on: the same people under the one version and under the other. Pure. @module */
import type { PlayedCase } from "./case_play.ts";

/** Sums over cases; amounts in cents, times in days. */
export interface PlayedSide {
  resolved: number;
  withdrawn: number;
  escalated: number;
  unfinished: number;
  paid: number;
  forgiven: number;
  /** Decisions that a person had to take. */
  byPeople: number;
  days: number;
}

export interface PlayedSums {
  cases: number;
  before: PlayedSide;
  after: PlayedSide;
}

function sideOf({ outcome, paid, forgiven, byPeople, days }: PlayedCase): PlayedSide {
  const none = { resolved: 0, withdrawn: 0, escalated: 0, unfinished: 0 };
  return { ...none, [outcome]: 1, paid, forgiven, byPeople, days };
}

/** One case, played on twice. */
export function playedSums(before: PlayedCase, after: PlayedCase): PlayedSums {
  return { cases: 1, before: sideOf(before), after: sideOf(after) };
}
