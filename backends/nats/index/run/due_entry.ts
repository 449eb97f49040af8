/** Timers by due time: the key begins with the time, so that those that are due first stand first. @module */
import { ByteReader, type ByteWriter } from "../entry/bytes.ts";
import type { IndexKey } from "../entry/key.ts";

/** A timer that was set: when it is due, the record that set it, and its place among the timers of that record. */
export interface SetTimer {
  readonly key: IndexKey;
  readonly dueAt: number;
  readonly sequence: number;
  readonly ordinal: number;
}

const LANE = 2 ** 32;

/** The key by due time. Half of the timer's own key tells apart the timers of one millisecond. */
export function dueKeyOf({ dueAt, key }: Pick<SetTimer, "dueAt" | "key">): IndexKey {
  const at = Math.max(0, dueAt);
  return { a: Math.floor(at / LANE) | 0, b: (at % LANE) | 0, c: key.a, d: key.b };
}

export function dueAtOf({ a, b }: IndexKey): number {
  return (a >>> 0) * LANE + (b >>> 0);
}

export function writeDue(writer: ByteWriter, { key, sequence, ordinal }: SetTimer): void {
  writer.uint32(key.c);
  writer.uint32(key.d);
  writer.varint(sequence);
  writer.varint(ordinal);
}

export function readDue(dueKey: IndexKey, value: Uint8Array): SetTimer {
  const reader = new ByteReader(value);
  const [c, d] = [reader.uint32() | 0, reader.uint32() | 0];
  const key = { a: dueKey.c, b: dueKey.d, c, d };
  return { key, dueAt: dueAtOf(dueKey), sequence: reader.varint(), ordinal: reader.varint() };
}
