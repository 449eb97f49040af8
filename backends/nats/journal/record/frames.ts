/** Frames: the content of a record in pieces that are compressed one by one. @module */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { fnv1a32 } from "../../../../schema/partition.ts";

/** Level 1: higher levels take as many bytes and more time. */
const FASTEST = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Bytes of a frame before compression that a reader makes room for: no event is larger. */
const MOST_BYTES = 67_108_864;

/** A piece of a record: its bytes before compression and as stored, which are the same where it is not compressed. */
export type FrameSize = readonly [raw: number, stored: number];

/** A frame as it is stored: compressed where that makes it smaller. */
export function packFrame(raw: Uint8Array, compress: boolean): Uint8Array {
  if (!compress || raw.length === 0) return raw;
  const packed = zstdCompressSync(raw, { params: FASTEST, chunkSize: roomFor(raw.length) });
  return packed.length < raw.length ? asBytes(packed) : raw;
}

/** The bytes of a stored frame; undefined where they are not what its size says. */
export function unpackFrame(stored: Uint8Array, [raw]: FrameSize): Uint8Array | undefined {
  if (stored.length === raw) return stored;
  if (raw > MOST_BYTES) return undefined;
  try {
    const bytes = zstdDecompressSync(stored, { maxOutputLength: raw, chunkSize: roomFor(raw) });
    return bytes.length === raw ? asBytes(bytes) : undefined;
  } catch {
    return undefined;
  }
}

/** The result in one piece: what zlib writes in several it joins. It takes no less than 64. */
function roomFor(bytes: number): number {
  return Math.max(64, bytes + 1);
}

/** Not as a Buffer, whose searches and parts cost three times as much. */
function asBytes({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Twelve bits of a case id as two characters. They are not the bits that choose the partition. */
export function caseTag(caseId: string): string {
  const bits = fnv1a32(caseId) >>> 20;
  return `${ALPHABET[bits >> 6]}${ALPHABET[bits & 63]}`;
}

/** Whether a list of tags, one behind the other, has this one. */
export function hasTag(tags: string, tag: string): boolean {
  for (let at = tags.indexOf(tag); at !== -1; at = tags.indexOf(tag, at + 1)) if (at % 2 === 0) return true;
  return false;
}
