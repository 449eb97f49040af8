/** What comes next for several processors of a partition that are read together. @module */
import type { BatchLimits } from "../../../mailbox/batch_size.ts";
import type { PassFetched, PassPart } from "../../../mailbox/pass.ts";
import {
  eventPosition,
  lastUnread,
  type LogRecord,
  MAX_RECORD_EVENTS,
  recordSequenceOf,
  type StoredRecord,
  type WantedTypes,
} from "../record/record.ts";
import { deliveryLine, joinLines, type Line, lineBytes } from "./fresh_batch.ts";

/** A processor in a pass. */
export interface PassMember {
  readonly processor: string;
  readonly types: ReadonlySet<string>;
  /** Its checkpoint. */
  readonly from: number;
  /** Nothing between the checkpoint and this place is of its types. */
  readonly after: number;
}

/** A line, and where it stands among those of each member that takes it, from 1. */
interface FoundLine {
  readonly line: Line;
  readonly position: number;
  readonly ordinals: ReadonlyMap<PassMember, number>;
}

/** The records behind a sequence; of those that nothing is wanted of perhaps only the head. */
type ReadBehind = (sequence: number, wanted: WantedTypes) => AsyncIterable<StoredRecord>;

/** So many times the bytes of a pass are looked at: what does not fit then is no reason to read everything behind it. */
const READ_AHEAD = 4;

/** A fetch that found nothing to go through. */
export function noPass(kind: "plain" | "fenced" | "empty", nextDueMs = Infinity): PassFetched {
  return { kind, lines: new Uint8Array(), count: 0, parts: [], nextDueMs };
}

/** What was read for a pass. */
interface PassRead {
  readonly fetched: PassFetched;
  readonly scannedTo: number;
}

/** Reads records until every member has enough or no more come. */
export async function nextPass(
  readBehind: ReadBehind,
  members: readonly PassMember[],
  { batchSize, batchBytes }: BatchLimits,
  isHeld: (caseId: string) => boolean,
): Promise<PassRead> {
  const limits = { most: batchSize, mostBytes: READ_AHEAD * batchBytes };
  const found = new LineSearch(readBehind, members, limits, isHeld);
  await found.run();
  const { scannedTo } = found;
  for (let size = batchSize;; size >>= 1) {
    const lines = found.lines.filter(({ ordinals }) => ordinals.values().some((ordinal) => ordinal <= size));
    const bytes = lines.reduce((sum, { line }) => sum + lineBytes(line), 0);
    const parts = members.map((member) => partOf(member, found, size));
    if (lines.length === 0) return { fetched: { ...noPass("empty"), parts }, scannedTo };
    if (lines.length === 1 || bytes <= batchBytes) {
      const joined = joinLines(lines.map(({ line }) => line));
      return {
        fetched: { ...noPass("empty"), kind: "pass", lines: joined, count: lines.length, parts },
        scannedTo,
      };
    }
    if (size === 1) return { fetched: noPass("plain"), scannedTo };
  }
}

function partOf(member: PassMember, found: LineSearch, size: number): PassPart {
  const { processor, from } = member;
  const last = found.lines.findLast(({ ordinals }) => (ordinals.get(member) ?? Infinity) <= size);
  const isCaughtUp = found.isWhole(member) && found.countOf(member) <= size;
  return { processor, from, to: last?.position ?? from, isCaughtUp };
}

/** So far, in sequences, records are passed by rather than left out by another request. */
const FEW_SEQUENCES = 32;

/**
 * Looks for the lines of a pass. A member that has enough needs no more of the records, while those that are caught up must
 * know all behind the place that they know already: what lies between is left out. Reading it again for each pass of a
 * backlog would make the work grow with the square of what waits.
 */
class LineSearch {
  readonly lines: FoundLine[] = [];
  readonly #counts = new Map<PassMember, number>();
  readonly #full = new Set<PassMember>();
  #bytes = 0;
  #isCut = false;
  /** Up to where was read, by the members that have room. */
  scannedTo = 0;

  constructor(
    readonly readBehind: ReadBehind,
    readonly members: readonly PassMember[],
    readonly limits: { readonly most: number; readonly mostBytes: number },
    readonly isHeld: (caseId: string) => boolean,
  ) {}

  countOf(member: PassMember): number {
    return this.#counts.get(member) ?? 0;
  }

  /** Whether all that is for a member was found. */
  isWhole(member: PassMember): boolean {
    return !this.#isCut && !this.#full.has(member);
  }

  async run(): Promise<void> {
    for (let from: number | undefined = this.#needed; from !== undefined;) from = await this.#readFrom(from);
  }

  /** The place behind which the first of those that have room has more. */
  get #needed(): number {
    return Math.min(...this.#searching.map(({ after }) => after));
  }

  get #searching(): readonly PassMember[] {
    return this.members.filter((member) => !this.#full.has(member));
  }

  /** Reads on; answers from where to go on, where that is farther on, and undefined at the end. */
  async #readFrom(place: number): Promise<number | undefined> {
    const sequence = Math.max(0, recordSequenceOf(place) - 1);
    for await (const stored of this.readBehind(sequence, (sequence) => this.#wantedIn(sequence))) {
      if (stored.record.kind === "malformed") continue;
      if (!this.#take(stored as StoredRecord<LogRecord>)) return undefined;
      if (recordSequenceOf(this.#needed) > stored.sequence + FEW_SEQUENCES) return this.#needed;
    }
    return undefined;
  }

  #wantedIn(sequence: number): ReadonlySet<string> {
    const last = eventPosition(sequence, MAX_RECORD_EVENTS - 1);
    return new Set(this.#searching.filter(({ after }) => last > after).flatMap(({ types }) => [...types]));
  }

  /** Takes what is for the members; false once nobody has room. */
  #take(stored: StoredRecord<LogRecord>): boolean {
    const { sequence, record: { events, head: { recordedAt } } } = stored;
    this.scannedTo = Math.max(this.scannedTo, lastUnread(stored));
    for (const event of events) {
      const position = eventPosition(sequence, event.index);
      const ordinals = this.#count(position, event.type);
      if (this.#full.size === this.members.length) return false;
      this.scannedTo = position;
      if (ordinals.size === 0) continue;
      const line = deliveryLine({ position, recordedAt, event }, 1, this.isHeld(event.caseId));
      this.lines.push({ line, position, ordinals });
      this.#isCut = (this.#bytes += lineBytes(line)) > this.limits.mostBytes;
      if (this.#isCut) return false;
    }
    return true;
  }

  /** Counts an event for those that take it and have room; who has none is full. */
  #count(position: number, type: string): Map<PassMember, number> {
    const ordinals = new Map<PassMember, number>();
    for (const member of this.members) {
      if (position <= member.after || !member.types.has(type)) continue;
      const ordinal = this.countOf(member) + 1;
      if (ordinal > this.limits.most) this.#full.add(member);
      else {
        this.#counts.set(member, ordinal);
        ordinals.set(member, ordinal);
      }
    }
    return ordinals;
  }
}
