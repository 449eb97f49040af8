/** The log of cases: what is appended, and how it is read. @module */
import { deliveryLine, type StoredEvent } from "../schema/delivery_line.ts";
import type { WireEvent } from "../schema/events.ts";

/** What a producer knows of the version of a case: anything, that it is new, or exactly this version. */
export type ExpectedVersion = "any" | "none" | { readonly exact: number };

/** The answer to an append: everything was stored, now or (the duplicates) before. */
export interface AppendResult {
  /** Events stored by this call. */
  readonly stored: number;
  /** Events that were there already, with the same content. */
  readonly duplicates: number;
  /** Position and case version of the last event of the call. */
  readonly position: number;
  readonly version: number;
}

/** Which stored events to read; every bound is optional. Positions and times are inclusive. */
export interface ReplayRange {
  fromPosition?: number;
  toPosition?: number;
  /** By the store's clock (`recorded_at`), ISO times. */
  fromTime?: string;
  toTime?: string;
  types?: readonly string[];
}

/** A log of events, ordered by position, and by version within a case. */
export interface EventStore {
  /** Number of partitions; fixed for the life of the store. */
  readonly partitions: number;
  /**
   * Stores events, all or none (see `features.atomicAppend`), in the given order. Ids that are stored already with the
   * same content are duplicates, not errors. With an expected version the events must be of one case. Throws
   * VersionConflict, EventIdConflict, BackendUnavailable (a retry with the same ids is safe) or BackendUnusable; and NotAllowed for
   * what the caller may not send, or `by`, in whose name it speaks: nothing is stored, and the audit trail has a line.
   */
  append(events: readonly WireEvent[], expected?: ExpectedVersion, by?: string): Promise<AppendResult>;
  readCase(caseId: string): AsyncIterable<StoredEvent>;
  /** By position. Reads what was stored when the call began; within a partition nothing is skipped. */
  readAll(range?: ReplayRange): AsyncIterable<StoredEvent>;
  /**
   * The same as delivery lines, many at a time, for readers that parse elsewhere or not at all: of a store that has them at
   * hand. `readLinesOf` reads them from any store.
   */
  readLines?(range?: ReplayRange): AsyncIterable<readonly string[]>;
  /**
   * Calls back soon after events may have been stored, by this process or another; a hint, which may be missing. Returns what ends
   * that. Of a store that knows without being asked.
   */
  onAppended?(listener: () => void): () => void;
  /** The last position that may be taken, for progress; 0 in an empty store. */
  lastPosition?(): Promise<number>;
}

/** Whether what is stored lies within a range. */
export function inRange(
  range: ReplayRange,
): (placed: { readonly position: number; readonly recordedAt: number; readonly type: string }) => boolean {
  const from = range.fromTime === undefined ? -Infinity : Date.parse(range.fromTime);
  const to = range.toTime === undefined ? Infinity : Date.parse(range.toTime);
  const { fromPosition = 1, toPosition = Infinity, types } = range;
  return ({ position, recordedAt, type }) =>
    position >= fromPosition && position <= toPosition && recordedAt >= from && recordedAt <= to &&
    (types === undefined || types.includes(type));
}

const LINES_AT_ONCE = 1_000;

/** What is stored in a range as delivery lines, from any store, by position. */
export async function* readLinesOf(
  store: EventStore,
  range: ReplayRange = {},
): AsyncGenerator<readonly string[]> {
  if (store.readLines !== undefined) return yield* store.readLines(range);
  let lines: string[] = [];
  for await (const stored of store.readAll(range)) {
    lines.push(lineOf(stored));
    if (lines.length < LINES_AT_ONCE) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}

/** What is no event goes on as it is stored, and is found to be none again. */
export function lineOf(stored: StoredEvent): string {
  const { position, version, recordedAt, malformed } = stored;
  if (malformed === undefined) return deliveryLine({ ...stored, attempt: 0, held: false });
  return `${position}\t${version}\t0\t0\t${recordedAt}\t${malformed.raw}`;
}
