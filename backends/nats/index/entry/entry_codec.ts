/** Entries as bytes: about 40 for a case of four events in two records. @module */
import { type ByteReader, type ByteWriter } from "./bytes.ts";
import type { EventSpan } from "./event_span.ts";
import type { CaseEntry, CaseState, IndexEntry } from "./index_entry.ts";

const [CASE, CHAPTER, TIMER, GONE_TIMER] = [0, 1, 2, 3];
const KIND = 3;
const HAS_STATE = 4;
const SAYS_PARKED = 8;
const IS_PARKED = 16;
const HAS_TRAIL = 32;
const HAS_EVENTS = 64;

export function writeEntry(writer: ByteWriter, entry: IndexEntry): void {
  if (entry.kind === "case") return writeCase(writer, entry);
  if (entry.kind === "chapter") {
    writer.byte(CHAPTER);
    return writeSpan(writer, entry.events);
  }
  writer.byte(entry.dueAt === undefined ? GONE_TIMER : TIMER);
  writer.varint(entry.sequence);
  writer.varint(entry.ordinal);
  if (entry.dueAt !== undefined) writer.signed(entry.dueAt);
}

function writeCase(writer: ByteWriter, { last, state, isParked, trail, events }: CaseEntry): void {
  const flags = [
    state !== undefined && HAS_STATE,
    isParked !== undefined && SAYS_PARKED,
    isParked && IS_PARKED,
    trail.length > 0 && HAS_TRAIL,
    events !== undefined && HAS_EVENTS,
  ];
  writer.byte(flags.reduce((all: number, flag) => all | Number(flag || 0), CASE));
  writer.varint(last);
  if (state !== undefined) writeState(writer, state);
  if (trail.length > 0) writeAscending(writer, trail);
  if (events !== undefined) writeSpan(writer, events);
}

function writeState(writer: ByteWriter, { version, type, openedAt, updatedAt }: CaseState): void {
  writer.varint(version);
  writer.varint(type);
  writer.signed(openedAt);
  writer.signed(updatedAt - openedAt);
}

function writeSpan(writer: ByteWriter, { from, sequences, counts, fingerprints }: EventSpan): void {
  writer.varint(from);
  writeAscending(writer, sequences);
  for (const count of counts) writer.varint(count);
  for (const fingerprint of fingerprints) writer.uint32(fingerprint);
}

function writeAscending(writer: ByteWriter, sequences: readonly number[]): void {
  writer.varint(sequences.length);
  let before = 0;
  for (const sequence of sequences) {
    writer.varint(sequence - before);
    before = sequence;
  }
}

export function readEntry(reader: ByteReader): IndexEntry {
  const flags = reader.byte();
  const kind = flags & KIND;
  if (kind === CASE) return readCase(reader, flags);
  if (kind === CHAPTER) return { kind: "chapter", events: readSpan(reader) };
  const [sequence, ordinal] = [reader.varint(), reader.varint()];
  return { kind: "timer", sequence, ordinal, dueAt: kind === TIMER ? reader.signed() : undefined };
}

function readCase(reader: ByteReader, flags: number): CaseEntry {
  return {
    kind: "case",
    last: reader.varint(),
    state: flags & HAS_STATE ? readState(reader) : undefined,
    isParked: flags & SAYS_PARKED ? (flags & IS_PARKED) !== 0 : undefined,
    trail: flags & HAS_TRAIL ? readAscending(reader) : [],
    events: flags & HAS_EVENTS ? readSpan(reader) : undefined,
  };
}

function readState(reader: ByteReader): CaseState {
  const [version, type, openedAt] = [reader.varint(), reader.varint(), reader.signed()];
  return { version, type, openedAt, updatedAt: openedAt + reader.signed() };
}

function readSpan(reader: ByteReader): EventSpan {
  const from = reader.varint();
  const sequences = readAscending(reader);
  const counts = sequences.map(() => reader.varint());
  const events = counts.reduce((sum, count) => sum + count, 0);
  return { from, sequences, counts, fingerprints: Array.from({ length: events }, () => reader.uint32()) };
}

function readAscending(reader: ByteReader): number[] {
  let sequence = 0;
  return Array.from({ length: reader.varint() }, () => sequence += reader.varint());
}

/** Whether the bytes are those of a timer that has fired or is cancelled. */
export function isGoneTimer(bytes: Uint8Array): boolean {
  return (bytes[0]! & KIND) === GONE_TIMER;
}
