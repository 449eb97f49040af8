/** Which moments of a store on JetStream can be restored, and from what. Decisions only: what there is comes as values. @module */
import type { NatsManifest } from "../../backup/manifest.ts";
import { chooseRange, type RestorableRange, type Target, toMicroseconds } from "../../backup/restore_plan.ts";
import { eventPosition, MAX_RECORD_EVENTS } from "../journal/record/record.ts";
import type { Kept, KeptFile } from "./kept_log.ts";

/** How a moment is restored. */
export interface RecordRestorePlan {
  readonly base: NatsManifest;
  /** The files that take it there, oldest first. */
  readonly files: readonly (KeptFile | NonNullable<Kept["open"]>)[];
  readonly range: RestorableRange;
  /** The newest moment of all that is kept: what lies between it and the moment is lost. */
  readonly newest: string;
}

/** The copy of the log in a backup: the last, since it is copied and restored last. */
export function logOf({ streams }: NatsManifest): NatsManifest["streams"][number] {
  return streams.at(-1)!;
}

/** The moments that can be restored, of each backup, oldest first. */
export function recordRanges(bases: readonly NatsManifest[], kept: Kept): RestorableRange[] {
  return bases.map((base) => {
    const files = filesBehind(base, kept);
    const from = momentOf(base);
    const last = files.at(-1);
    const reaches = last !== undefined && last.at > from;
    const log = Math.max(logOf(base).state.last_seq, last?.log ?? 0);
    return {
      from,
      to: reaches ? last.at : from,
      base: base.id,
      after: lastPositionIn(logOf(base).state.last_seq) - MAX_RECORD_EVENTS,
      position: lastPositionIn(log),
    };
  });
}

/** Chooses the youngest backup from which the target is reached. Throws BackupError for one that can't be, with what can. */
export function planRecords(bases: readonly NatsManifest[], kept: Kept, target: Target): RecordRestorePlan {
  const ranges = recordRanges(bases, kept);
  const { range, newest } = chooseRange(ranges, target);
  const base = bases.find(({ id }) => id === range.base)!;
  return { base, files: filesBehind(base, kept), range, newest };
}

/** When its log was copied: all that is in it was stored by then. */
function momentOf(base: NatsManifest): string {
  const { last_ts: last } = logOf(base).state;
  const stored = typeof last === "string" && Date.parse(last) > 0 ? toMicroseconds(last) : "";
  return stored > base.ended_at ? stored : base.ended_at;
}

/** The files that follow on the log of a backup without a gap. */
function filesBehind(base: NatsManifest, { files, open }: Kept): RecordRestorePlan["files"] {
  let reached = logOf(base).state.last_seq;
  const following: (KeptFile | NonNullable<Kept["open"]>)[] = [];
  for (const file of open === undefined ? files : [...files, open]) {
    if (file.log < reached) continue;
    if (file.behind > reached) break;
    following.push(file);
    reached = file.log;
  }
  return following;
}

function lastPositionIn(sequence: number): number {
  return eventPosition(sequence, MAX_RECORD_EVENTS - 1);
}

/** The files that no backup which is kept needs. Those behind the newest one always stay. */
export function needlessFiles(kept: readonly NatsManifest[], { files }: Kept): string[] {
  const ends = kept.map((base) => logOf(base).state.last_seq);
  if (ends.length === 0) return [];
  const first = Math.min(...ends);
  return files.filter((file) => file.log < first).map(({ name }) => name);
}
