/** The log: every stored event, with the indexes by id, case and partition. @module */
import { isDeepStrictEqual } from "node:util";
import type { WireEvent } from "../../schema/events.ts";
import { partitionOf } from "../../schema/partition.ts";
import {
  parseRow,
  parseStoredLine,
  type Placement,
  type StoredEvent,
  storeRow,
} from "../../schema/delivery_line.ts";
import { EventIdConflict, SettlementRefused, VersionConflict } from "../errors.ts";
import type { ExpectedVersion } from "../event_store.ts";
import type { Beginning } from "../beginning.ts";
import { hasSameOrigin } from "../settlement/redelivered.ts";

/** An event that has no place yet. Its JSON is kept as it came, so that amounts keep their two decimals. */
export interface LogEntryDraft {
  readonly eventId: string;
  readonly caseId: string;
  readonly type: string;
  readonly timestamp: string;
  readonly schemaVersion: number;
  readonly data: string;
  readonly metadata: string;
}

/** A stored event. */
export interface LogEntry extends LogEntryDraft, Placement {
  readonly partition: number;
}

/** The draft of an event. */
export function entryDraftOf(event: WireEvent): LogEntryDraft {
  return parseEntryDraft(storeRow(event, 0));
}

/** The draft of an event that comes as a store row. Throws SyntaxError or RangeError for what is no such row. */
export function parseEntryDraft(row: string): LogEntryDraft {
  const { event } = parseRow(row);
  const [metadata, data] = row.split("\t").slice(-2) as [string, string];
  return {
    eventId: event.event_id,
    caseId: event.correlation_id,
    type: event.event_type,
    timestamp: new Date(event.timestamp).toISOString(),
    schemaVersion: event.metadata.schema_version,
    data,
    metadata,
  };
}

/** A stored event as contracts show it. */
export function storedEventOf(entry: LogEntry): StoredEvent {
  return parseStoredLine(entryLineOf(entry, 0, false));
}

/** A stored event as one delivery line, in the form of `deliveryLine`, without parsing its JSON. */
export function entryLineOf(entry: LogEntry, attempt: number, held: boolean): string {
  return [
    entry.position,
    entry.version,
    attempt,
    held ? 1 : 0,
    entry.recordedAt,
    entry.eventId,
    entry.type,
    entry.caseId,
    Date.parse(entry.timestamp),
    entry.data,
    entry.metadata,
  ].join("\t");
}

/** What an append comes to: the drafts to store, and how many were there already. */
interface AppendPlan {
  readonly fresh: readonly LogEntryDraft[];
  readonly duplicates: number;
}

/** Every event ever stored, in order of position. It only grows. */
export class EventLog {
  readonly entries: LogEntry[] = [];
  readonly cases = new Map<string, LogEntry[]>();
  /** Entries by partition. */
  readonly slices: readonly LogEntry[][];
  #byId = new Map<string, LogEntry>();

  constructor(readonly partitions: number) {
    this.slices = Array.from({ length: partitions }, () => []);
  }

  at(position: number): LogEntry | undefined {
    return this.entries[position - 1];
  }

  find(eventId: string): LogEntry | undefined {
    return this.#byId.get(eventId);
  }

  /** The last position of a partition that a processor with this beginning is not handed. */
  lastBefore(partition: number, beginning: Beginning): number {
    const slice = this.slices[partition]!;
    if (beginning.kind === "beginning") return 0;
    const last = beginning.kind === "now"
      ? slice.at(-1)
      : slice.findLast(({ recordedAt }) => recordedAt < beginning.at);
    return last?.position ?? 0;
  }

  version(caseId: string): number {
    return this.cases.get(caseId)?.length ?? 0;
  }

  /** Stores a draft unless its id is there already. Gives the entry that then stands under the id. */
  add(draft: LogEntryDraft, now: number): LogEntry {
    const known = this.#byId.get(draft.eventId);
    if (known !== undefined) return known;
    const history = this.cases.get(draft.caseId) ?? [];
    const entry: LogEntry = {
      ...draft,
      partition: partitionOf(draft.caseId, this.partitions),
      position: this.entries.length + 1,
      version: history.length + 1,
      recordedAt: now,
    };
    this.#byId.set(entry.eventId, entry);
    this.cases.set(entry.caseId, history);
    for (const index of [this.entries, history, this.slices[entry.partition]!]) index.push(entry);
    return entry;
  }
}

/** Decides on an append without doing it. Throws EventIdConflict, VersionConflict or TypeError. */
export function planAppend(
  log: EventLog,
  drafts: readonly LogEntryDraft[],
  expected: ExpectedVersion,
): AppendPlan {
  const caseId = drafts[0]?.caseId;
  if (expected !== "any" && drafts.some((draft) => draft.caseId !== caseId)) {
    throw new TypeError("Cannot append with an expected version: the events are of more than one case");
  }
  const judged = withoutDuplicates(log, drafts);
  // A call that is stored whole is a retry after an unknown outcome: its expectation was met the first time.
  if (judged.fresh.length > 0) checkVersion(caseId!, expected, log.version(caseId!));
  return judged;
}

function withoutDuplicates(log: EventLog, drafts: readonly LogEntryDraft[]): AppendPlan {
  const fresh = new Map<string, LogEntryDraft>();
  for (const draft of drafts) {
    const known = log.find(draft.eventId) ?? fresh.get(draft.eventId);
    if (known === undefined) fresh.set(draft.eventId, draft);
    else if (!isSameFact(known, draft)) throw new EventIdConflict(draft.eventId);
  }
  return { fresh: [...fresh.values()], duplicates: drafts.length - fresh.size };
}

/** Throws SettlementRefused for an output whose id is stored with other content; with the same, it is of an earlier try. */
export function requireOwnIds(log: EventLog, outputs: readonly LogEntryDraft[]): void {
  const other = outputs.find((draft) => {
    const known = log.find(draft.eventId);
    return known !== undefined && !isSameFact(known, draft);
  });
  if (other !== undefined) throw new SettlementRefused(new EventIdConflict(other.eventId).message);
}

/** Outputs without those that are stored already from the same input; how many of these came out otherwise. */
export function withoutStored(log: EventLog, outputs: readonly LogEntryDraft[]) {
  const isOwn = (draft: LogEntryDraft) => {
    const known = log.find(draft.eventId);
    return known !== undefined && hasSameOrigin(JSON.parse(known.metadata), JSON.parse(draft.metadata));
  };
  const own = outputs.filter(isOwn);
  const differences = own.filter((draft) => !isSameFact(log.find(draft.eventId)!, draft)).length;
  return { fresh: outputs.filter((draft) => !own.includes(draft)), differences };
}

/** The fact is type, case and data; a producer that tries again may well have another time or trace. */
function isSameFact(a: LogEntryDraft, b: LogEntryDraft): boolean {
  return a.type === b.type && a.caseId === b.caseId &&
    (a.data === b.data || isDeepStrictEqual(JSON.parse(a.data), JSON.parse(b.data)));
}

function checkVersion(caseId: string, expected: ExpectedVersion, actual: number): void {
  if (expected === "any") return;
  const wanted = expected === "none" ? 0 : expected.exact;
  if (actual !== wanted) throw new VersionConflict(caseId, expected, actual);
}

/** Index of the first entry behind a position, in a slice that is ordered by position. */
export function indexBehind(slice: readonly LogEntry[], position: number): number {
  let low = 0;
  let high = slice.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (slice[middle]!.position <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
