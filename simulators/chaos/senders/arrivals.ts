/** What has arrived, held against what is stored: nothing lost, nothing twice, nothing out of order within a case. Pure. @module */

/** One event at its target. */
export interface Arrival {
  readonly id: string;
  readonly caseId: string;
  /** Counts within the case. */
  readonly version: number;
}

interface Expected {
  /** Ids that had to arrive. */
  readonly stored: ReadonlySet<string>;
  /** Ids that might: those, and what was stored since. */
  readonly known: ReadonlySet<string>;
}

/** What must not be, in words. */
export function faultsOfArrivals(
  target: string,
  arrived: readonly Arrival[],
  { stored, known }: Expected,
): string[] {
  const ids = new Set(arrived.map(({ id }) => id));
  const counts = {
    lost: [...stored].filter((id) => !ids.has(id)).length,
    twice: arrived.length - ids.size,
    "out of order": outOfOrder(arrived),
    "never stored": [...ids].filter((id) => !known.has(id)).length,
  };
  return Object.entries(counts).filter(([, count]) => count > 0)
    .map(([what, count]) => `${target}: of ${stored.size} events ${count} are ${what}`);
}

/** Events whose version is not the next one of their case. */
function outOfOrder(arrived: readonly Arrival[]): number {
  const versions = new Map<string, number>();
  return arrived.filter(({ caseId, version }) => {
    const isNext = version === (versions.get(caseId) ?? 0) + 1;
    versions.set(caseId, version);
    return !isNext;
  }).length;
}

/** The first time that each came: to a receiver who knows what he has, the rest is nothing new. */
export function firstOfEach(arrived: readonly Arrival[]): Arrival[] {
  const seen = new Set<string>();
  return arrived.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** An arrival in a CloudEvent. */
export function arrivalOf({ id, subject, caseversion }: Readonly<Record<string, unknown>>): Arrival {
  return { id: String(id), caseId: String(subject), version: Number(caseversion) };
}

/** Whole lines of NDJSON. */
export function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
