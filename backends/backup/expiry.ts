/** Which backups are kept: the newest of each of the last days, weeks and months. Decisions only. @module */

/** How many days, weeks and months have a backup. */
export interface Retention {
  readonly days: number;
  readonly weeks: number;
  readonly months: number;
}

/** What an expiry looks at. */
interface Dated {
  readonly id: string;
  readonly ended_at: string;
}

/** What goes and what stays, oldest first. */
interface ExpiryPlan<T> {
  readonly kept: readonly T[];
  readonly removed: readonly T[];
}

const UNITS = { d: "days", w: "weeks", m: "months" } as const;

/** Reads `7d,4w,12m`, in any order and each once; undefined for anything else, and for nothing at all. */
export function parseRetention(text: string): Retention | undefined {
  const retention = { days: 0, weeks: 0, months: 0 };
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const found = /^(\d{1,4})([dwm])$/.exec(part.trim());
    if (found === null || seen.has(found[2]!)) return undefined;
    seen.add(found[2]!);
    retention[UNITS[found[2] as keyof typeof UNITS]] = Number(found[1]);
  }
  return retention.days + retention.weeks + retention.months === 0 ? undefined : retention;
}

/**
 * Keeps the newest backup of each of the last days, weeks and months in which there is one, and always the newest of all.
 * A period without a backup is not counted, so that backups that stopped are not the reason to remove those there are.
 */
export function planExpiry<T extends Dated>(backups: readonly T[], keep: Retention): ExpiryPlan<T> {
  const newestFirst = backups.toSorted((a, b) => a.ended_at < b.ended_at ? 1 : -1);
  const kept = new Set(newestFirst.slice(0, 1));
  const rules = [[keep.days, dayOf], [keep.weeks, weekOf], [keep.months, monthOf]] as const;
  for (const [count, periodOf] of rules) {
    const newestOfPeriod = new Map<string, T>();
    for (const backup of newestFirst) {
      const period = periodOf(new Date(backup.ended_at));
      if (!newestOfPeriod.has(period)) newestOfPeriod.set(period, backup);
    }
    for (const backup of [...newestOfPeriod.values()].slice(0, count)) kept.add(backup);
  }
  const oldestFirst = newestFirst.toReversed();
  return {
    kept: oldestFirst.filter((backup) => kept.has(backup)),
    removed: oldestFirst.filter((backup) => !kept.has(backup)),
  };
}

/** A backup, as what needs the log. */
interface NeedsLog {
  readonly server: { readonly timeline: number };
  /** The number of the first file of the log that it needs. */
  readonly firstSegment: number;
}

/** A file of the streamed log. */
interface LogFile {
  readonly timeline: number;
  readonly segment: number;
}

/** Whether a file of the log is of use: for a backup that is kept, or for one that is made on a timeline that has none yet. */
export function isLogNeeded({ timeline, segment }: LogFile, kept: readonly NeedsLog[]): boolean {
  const ofTimeline = kept.filter(({ server }) => server.timeline === timeline);
  if (ofTimeline.length > 0) return ofTimeline.some(({ firstSegment }) => firstSegment <= segment);
  return kept.every(({ server }) => server.timeline < timeline);
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
const monthOf = (time: Date): string => time.toISOString().slice(0, 7);

/** The Monday of its week. */
function weekOf(time: Date): string {
  const monday = new Date(time);
  monday.setUTCDate(time.getUTCDate() - (time.getUTCDay() + 6) % 7);
  return dayOf(monday);
}
