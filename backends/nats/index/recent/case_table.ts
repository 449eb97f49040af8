/**
 * The cases of the newest level, in memory: a row a case, and chains of rows for its events and records, the newest first. About 250
 * bytes a case of four events, the text of its id included; as objects with arrays they would be twice that.
 * @module
 */
import { type EventSpan, IndexDamaged } from "../entry/event_span.ts";
import type { CaseEntry } from "../entry/index_entry.ts";
import { Pool } from "./pool.ts";

/** Columns of a case. A version of 0: no event is known; a chain of -1 has no rows. */
const [FROM, VERSION, TYPE, OPENED, UPDATED, LAST, PARKED, EVENTS, RECORDS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const CASE_COLUMNS = 9;
/** Of an event: its fingerprint, and the event before it. */
const EVENT_COLUMNS = 2;
/** Of a record: its sequence, how many events of the case it holds, and the record before it. */
const RECORD_COLUMNS = 3;
const [UNKNOWN, NOT_PARKED, IS_PARKED] = [0, 1, 2];

/** What a record adds to a case. */
interface AddedEvents {
  readonly firstVersion: number;
  readonly fingerprints: readonly number[];
  /** The number of the last event's type. */
  readonly type: number;
  readonly openedAt: number;
  readonly updatedAt: number;
}

export class CaseTable {
  readonly #rows = new Map<string, number>();
  readonly #cases = new Pool(Float64Array, CASE_COLUMNS);
  readonly #events = new Pool(Int32Array, EVENT_COLUMNS);
  readonly #records = new Pool(Float64Array, RECORD_COLUMNS);
  readonly #trails = new Map<number, number[]>();

  get size(): number {
    return this.#rows.size;
  }

  has(caseId: string): boolean {
    return this.#rows.has(caseId);
  }

  caseIds(): Iterable<string> {
    return this.#rows.keys();
  }

  /** Adds events behind those known. Throws IndexDamaged when versions between them are missing, or come again. */
  addEvents(caseId: string, sequence: number, added: AddedEvents): void {
    const at = this.#rowOf(caseId);
    const { values } = this.#cases;
    const version = values[at + VERSION]!;
    if (version === 0) {
      values[at + FROM] = added.firstVersion;
      values[at + OPENED] = added.openedAt;
    } else if (version + 1 !== added.firstVersion) {
      throw new IndexDamaged(`Version ${added.firstVersion} of a case follows version ${version} in the log`);
    }
    values[at + VERSION] = added.firstVersion + added.fingerprints.length - 1;
    values[at + TYPE] = added.type;
    values[at + UPDATED] = added.updatedAt;
    values[at + LAST] = sequence;
    for (const fingerprint of added.fingerprints) this.#addEvent(at, fingerprint);
    this.#addRecord(at, sequence, added.fingerprints.length);
  }

  /** Begins a case with all that is known of it, so that it is whole in memory. */
  begin(caseId: string, { last, state, isParked, trail, events }: CaseEntry): void {
    const at = this.#rowOf(caseId);
    const { values } = this.#cases;
    values[at + FROM] = events!.from;
    values[at + VERSION] = state!.version;
    values[at + TYPE] = state!.type;
    values[at + OPENED] = state!.openedAt;
    values[at + UPDATED] = state!.updatedAt;
    values[at + LAST] = last;
    values[at + PARKED] = isParked === undefined ? UNKNOWN : isParked ? IS_PARKED : NOT_PARKED;
    if (trail.length > 0) this.#trails.set(at, [...trail]);
    for (const fingerprint of events!.fingerprints) this.#addEvent(at, fingerprint);
    for (const [i, sequence] of events!.sequences.entries()) {
      this.#addRecord(at, sequence, events!.counts[i]!);
    }
  }

  setParked(caseId: string, sequence: number, isParked: boolean): void {
    const at = this.#rowOf(caseId);
    this.#cases.values[at + PARKED] = isParked ? IS_PARKED : NOT_PARKED;
    this.#cases.values[at + LAST] = sequence;
  }

  addTrail(caseId: string, sequence: number): void {
    const at = this.#rowOf(caseId);
    this.#cases.values[at + LAST] = sequence;
    const trail = this.#trails.get(at);
    if (trail === undefined) this.#trails.set(at, [sequence]);
    else if (trail.at(-1) !== sequence) trail.push(sequence);
  }

  entry(caseId: string): CaseEntry | undefined {
    const at = this.#rows.get(caseId);
    if (at === undefined) return undefined;
    const row = this.#cases.values.subarray(at, at + CASE_COLUMNS);
    const [version, type, openedAt, updatedAt] = [row[VERSION]!, row[TYPE]!, row[OPENED]!, row[UPDATED]!];
    return {
      kind: "case",
      last: row[LAST]!,
      state: version === 0 ? undefined : { version, type, openedAt, updatedAt },
      isParked: row[PARKED] === UNKNOWN ? undefined : row[PARKED] === IS_PARKED,
      trail: this.#trails.get(at)?.slice() ?? [],
      events: version === 0 ? undefined : this.#spanOf(row),
    };
  }

  #rowOf(caseId: string): number {
    const known = this.#rows.get(caseId);
    if (known !== undefined) return known;
    const at = this.#cases.add();
    this.#cases.values[at + EVENTS] = -1;
    this.#cases.values[at + RECORDS] = -1;
    this.#rows.set(ownText(caseId), at);
    return at;
  }

  #addEvent(row: number, fingerprint: number): void {
    const at = this.#events.add();
    this.#events.values[at] = fingerprint;
    this.#events.values[at + 1] = this.#cases.values[row + EVENTS]!;
    this.#cases.values[row + EVENTS] = at;
  }

  #addRecord(row: number, sequence: number, count: number): void {
    const at = this.#records.add();
    const { values } = this.#records;
    values[at] = sequence;
    values[at + 1] = count;
    values[at + 2] = this.#cases.values[row + RECORDS]!;
    this.#cases.values[row + RECORDS] = at;
  }

  #spanOf(row: Float64Array): EventSpan {
    const from = row[FROM]!;
    const fingerprints = Array.from({ length: row[VERSION]! - from + 1 }, () => 0);
    for (let i = fingerprints.length - 1, at = row[EVENTS]!; i >= 0; i--, at = this.#events.values[at + 1]!) {
      fingerprints[i] = this.#events.values[at]! >>> 0;
    }
    const [sequences, counts] = [[] as number[], [] as number[]];
    const { values } = this.#records;
    for (let at = row[RECORDS]!; at >= 0; at = values[at + 2]!) {
      sequences.push(values[at]!);
      counts.push(values[at + 1]!);
    }
    return { from, sequences: sequences.reverse(), counts: counts.reverse(), fingerprints };
  }
}

/** A copy of a text: a slice would keep the whole record it was cut from in memory. */
function ownText(text: string): string {
  return ` ${text}`.slice(1);
}
