/** Sizes of the index. Tests make them small. @module */

export interface IndexLimits {
  /** Cases and timers, or bytes of the log, after which the newest level becomes a run: a takeover reads so many at most. */
  readonly levelEntries: number;
  readonly levelBytes: number;
  /** Runs of a level that become one of the next. */
  readonly mergedRuns: number;
  readonly blockBytes: number;
  /** Timers in memory, and how far ahead they are loaded. */
  readonly nearTimers: number;
  readonly nearMs: number;
}

export const INDEX_LIMITS: IndexLimits = {
  levelEntries: 50_000,
  levelBytes: 2_000_000,
  mergedRuns: 8,
  blockBytes: 32_768,
  nearTimers: 50_000,
  nearMs: 300_000,
};
