/** What comes next for several processors of a partition that are read together. @module */
import type { BatchLimits } from "../../../mailbox/batch_size.ts";
import type { PassFetched, PassPart } from "../../../mailbox/pass.ts";
import { eventPosition, lastUnread, type StoredRecord } from "../record/record.ts";
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

interface FoundLines {
  readonly lines: readonly FoundLine[];
  /** How many there are of each member, and whether that is all. */
  readonly counts: ReadonlyMap<PassMember, number>;
  isWhole(member: PassMember): boolean;
  /** Up to where was read. */
  readonly scannedTo: number;
}

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
  records: AsyncIterable<StoredRecord>,
  members: readonly PassMember[],
  { batchSize, batchBytes }: BatchLimits,
  isHeld: (caseId: string) => boolean,
): Promise<PassRead> {
  const found = await findLines(records, members, batchSize, READ_AHEAD * batchBytes, isHeld);
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

function partOf(member: PassMember, { lines, counts, isWhole }: FoundLines, size: number): PassPart {
  const { processor, from } = member;
  const last = lines.findLast(({ ordinals }) => (ordinals.get(member) ?? Infinity) <= size);
  const isCaughtUp = isWhole(member) && (counts.get(member) ?? 0) <= size;
  return { processor, from, to: last?.position ?? from, isCaughtUp };
}

async function findLines(
  records: AsyncIterable<StoredRecord>,
  members: readonly PassMember[],
  most: number,
  mostBytes: number,
  isHeld: (caseId: string) => boolean,
): Promise<FoundLines> {
  const lines: FoundLine[] = [];
  const counts = new Map<PassMember, number>();
  const full = new Set<PassMember>();
  let [bytes, scannedTo, isCut] = [0, 0, false];
  scan: for await (const { sequence, record } of records) {
    if (record.kind === "malformed") continue;
    scannedTo = Math.max(scannedTo, lastUnread({ sequence, record }));
    for (const event of record.events) {
      const position = eventPosition(sequence, event.index);
      const recipients = members.filter(({ after, types }) => position > after && types.has(event.type));
      const ordinals = count(recipients, most, counts, full);
      if (full.size === members.length) break scan;
      scannedTo = position;
      if (ordinals.size === 0) continue;
      const { recordedAt } = record.head;
      const line = deliveryLine({ position, recordedAt, event }, 1, isHeld(event.caseId));
      lines.push({ line, position, ordinals });
      bytes += lineBytes(line);
      isCut = bytes > mostBytes;
      if (isCut) break scan;
    }
  }
  return { lines, counts, scannedTo, isWhole: (member) => !isCut && !full.has(member) };
}

/** Counts an event for those that take it and have room; who has none is full. */
function count(
  recipients: readonly PassMember[],
  most: number,
  counts: Map<PassMember, number>,
  full: Set<PassMember>,
): Map<PassMember, number> {
  const ordinals = new Map<PassMember, number>();
  for (const recipient of recipients) {
    const ordinal = (counts.get(recipient) ?? 0) + 1;
    if (ordinal > most) full.add(recipient);
    else {
      counts.set(recipient, ordinal);
      ordinals.set(recipient, ordinal);
    }
  }
  return ordinals;
}
