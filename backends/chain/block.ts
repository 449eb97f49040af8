/** The bytes of a block, and its hash. Pure. @module */
import { createHash } from "node:crypto";
import type { Block, EventHash } from "./hash_chain.ts";

/** Bytes of a SHA-256. */
const HASH_BYTES = 32;
const ENTRY_BYTES = 8 + HASH_BYTES;

/** What the first block of a partition follows. */
export const NO_BLOCK = new Uint8Array(HASH_BYTES);

/** An event as a block has it. */
export type Entry = Omit<EventHash, "eventId">;

/** Entries as bytes: each position as a big-endian integer of 8 bytes, and the 32 bytes of its hash. */
export function entriesOf(events: readonly Entry[]): Uint8Array {
  const bytes = new Uint8Array(events.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  events.forEach(({ position, hash }, i) => {
    view.setBigInt64(i * ENTRY_BYTES, BigInt(position));
    bytes.set(hash, i * ENTRY_BYTES + 8);
  });
  return bytes;
}

/** The entries that bytes stand for; undefined where they can't be any. */
export function parseEntries(bytes: Uint8Array): readonly Entry[] | undefined {
  if (bytes.length === 0 || bytes.length % ENTRY_BYTES !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / ENTRY_BYTES }, (_, i) => ({
    position: Number(view.getBigInt64(i * ENTRY_BYTES)),
    hash: bytes.subarray(i * ENTRY_BYTES + 8, (i + 1) * ENTRY_BYTES),
  }));
}

/** The hash of a block, over the one before, its number, its partition and its entries. */
export function blockHash(
  { previous, number, partition, entries }: Pick<Block, "previous" | "number" | "partition" | "entries">,
): Uint8Array {
  const place = new DataView(new ArrayBuffer(10));
  place.setBigInt64(0, BigInt(number));
  place.setInt16(8, partition);
  const hash = createHash("sha256").update(previous).update(new Uint8Array(place.buffer)).update(entries);
  return new Uint8Array(hash.digest());
}

/** True for the same bytes. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
