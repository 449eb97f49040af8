/** What a record adds to an index of its partition, by case. Pure. @module */
import type { LogRecord, RecordChanges, RecordEvent } from "./record.ts";

/** The events that a record adds to one case, of consecutive versions. */
export interface AddedEvents {
  readonly caseId: string;
  readonly firstVersion: number;
  readonly events: readonly {
    readonly eventId: string;
    readonly type: string;
    readonly recordedAt: number;
  }[];
}

/** A timer that the record sets, in place of the one of its name; or one that has fired or is cancelled. */
interface ChangedTimer {
  readonly processor: string;
  readonly caseId: string;
  readonly name: string;
  /** Undefined for one that is gone. */
  readonly dueAt: number | undefined;
}

interface RecordAdditions {
  /** Of its events before compression. */
  readonly bytes: number;
  readonly cases: readonly AddedEvents[];
  /** In the order of the record. */
  readonly timers: readonly ChangedTimer[];
  /** Cases that are parked for a processor, or are no more. */
  readonly parked: readonly string[];
  /** Cases of whose trail the record has lines. */
  readonly trail: readonly string[];
}

export function additionsOf({ head: { recordedAt }, changes, events }: LogRecord): RecordAdditions {
  return {
    bytes: events.reduce((sum, { rest }) => sum + rest.length, 0),
    cases: casesOf(events, recordedAt),
    timers: timersOf(changes),
    parked: [...new Set(changes.parked.map(({ caseId }) => caseId))],
    trail: [...new Set(changes.trail.flatMap(({ caseId }) => caseId ?? []))],
  };
}

function casesOf(events: readonly RecordEvent[], recordedAt: number): AddedEvents[] {
  return Array.from(Map.groupBy(events, ({ caseId }) => caseId), ([caseId, added]) => ({
    caseId,
    firstVersion: added[0]!.version,
    events: added.map(({ eventId, type }) => ({ eventId, type, recordedAt })),
  }));
}

function timersOf({ timers }: RecordChanges): ChangedTimer[] {
  return timers.map((timer) => {
    const { processor, caseId, name } = timer;
    return { processor, caseId, name, dueAt: timer.kind === "set" ? Date.parse(timer.at) : undefined };
  });
}
