/** Whether backups are as their owner believes: what can be restored, and what is wrong. Decisions only. @module */
import { compareTimes, type RestorableRange } from "./restore_plan.ts";

/** How backups stand. */
export interface Assessment {
  /** Whether every moment from the youngest backup to the newest that is kept can be restored. */
  readonly gap_free: boolean;
  /** The newest moment that can be restored; null without a backup. */
  readonly newest: string | null;
  readonly age_seconds: number | null;
  /** What a person should do something about, a line each. */
  readonly problems: readonly string[];
}

/** What a server tells of the slot of a stream. */
interface Slot {
  readonly name: string;
  readonly active: boolean;
  readonly wal_status: string | null;
}

/** A stream that has kept nothing new for so long is down. */
const STREAM_SILENT_S = 60;

/** Looks at what can be restored, how far the log was streamed, and its slot: undefined where no server was asked, or has none. */
export function assessBackups(
  ranges: readonly RestorableRange[],
  streamedTo: string | undefined,
  slot: Slot | "unknown" | undefined,
  now: Date,
): Assessment {
  const youngest = ranges.at(-1);
  const newest = youngest?.to ?? null;
  const isGapFree = youngest !== undefined &&
    (streamedTo === undefined || compareTimes(streamedTo, youngest.to) <= 0);
  const age = newest === null ? null : Math.max(0, (now.getTime() - Date.parse(newest)) / 1000);
  const problems = [
    youngest === undefined ? "there is no backup: make one with backup create" : undefined,
    youngest !== undefined && !isGapFree
      ? `the log has a gap behind ${newest}: make a new backup`
      : undefined,
    streamedTo !== undefined ? silenceOf(streamedTo, now) : undefined,
    slotProblem(slot, streamedTo),
  ].filter((problem) => problem !== undefined);
  return { gap_free: isGapFree, newest, age_seconds: age, problems };
}

function silenceOf(at: string, now: Date): string | undefined {
  const seconds = Math.round((now.getTime() - Date.parse(at)) / 1000);
  return seconds > STREAM_SILENT_S
    ? `the log was last streamed ${seconds} s ago: see to backup stream`
    : undefined;
}

function slotProblem(slot: Slot | "unknown" | undefined, streamedTo: string | undefined): string | undefined {
  if (slot === "unknown" || streamedTo === undefined) return undefined;
  if (slot === undefined) return undefined;
  if (slot.wal_status === "lost") return `the server gave the slot ${slot.name} up: make a new backup`;
  return slot.active ? undefined : `nothing uses the slot ${slot.name}: the server keeps its log for it`;
}
