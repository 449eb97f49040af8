/** Searches for the highest rate that is held: doubles until one fails, then bisects. Pure. @module */

/** The state of a search, in events a second. */
export interface Search {
  /** The highest rate that was held; 0 when none was. */
  readonly held: number;
  /** The lowest rate that was not held. */
  readonly failed: number;
  /** The rate to try next; undefined when the search is over. */
  readonly next: number | undefined;
}

/** The search ends when the bounds differ by less than this share. */
const PRECISION = 0.05;
/** The search stays within these rates. */
const LEAST = 1;
const MOST = 1_000_000;

export function beginSearch(first: number): Search {
  return { held: 0, failed: Infinity, next: first };
}

/** The search after its `next` rate was tried. */
export function afterProbe(search: Search, held: boolean): Search {
  const tried = search.next;
  if (tried === undefined) return search;
  const known = held
    ? { held: Math.max(search.held, tried), failed: search.failed }
    : { held: search.held, failed: Math.min(search.failed, tried) };
  return { ...known, next: nextRate(known) };
}

function nextRate({ held, failed }: Omit<Search, "next">): number | undefined {
  if (failed === Infinity) return held * 2 <= MOST ? held * 2 : undefined;
  if (held === 0) return failed / 4 >= LEAST ? round(failed / 4) : undefined;
  if (failed - held <= held * PRECISION) return undefined;
  // The geometric mean: both bounds are known to the same relative precision.
  const middle = round(Math.sqrt(held * failed));
  return middle > held && middle < failed ? middle : undefined;
}

/** Whole tens, and below a hundred whole numbers: finer than the precision of the search. */
function round(rate: number): number {
  return rate < 100 ? Math.round(rate) : Math.round(rate / 10) * 10;
}
