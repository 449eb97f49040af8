/**
 * What is kept of the streams of a store, as it comes: messages, what is gone again, and marks. A line of JSON each, its length
 * in front of it, and behind it the bytes of a message. A mark has the digest of everything before it in its file.
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { ByteReader } from "../../backup/archive_file.ts";

/** A message of a stream. */
export interface MessageEntry {
  readonly kind: "message";
  readonly stream: string;
  readonly sequence: number;
  /** When the server stored it, with microseconds. */
  readonly at: string;
  readonly subject: string;
  /** Without those by which it was written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** When the stream was made, of one whose events have ids that are made of that. */
  readonly created?: string;
}

/** What of a stream is gone at a moment: messages are taken in, replaced and settled. */
export interface GoneEntry {
  readonly kind: "gone";
  readonly stream: string;
  readonly at: string;
  /** Nothing is left before this sequence. */
  readonly first: number;
  readonly deleted: readonly number[];
}

/** A moment up to which everything is kept. */
export interface MarkEntry {
  readonly kind: "mark";
  readonly at: string;
  /** The last sequence of the log. */
  readonly log: number;
  /** The last sequences of the other streams. */
  readonly others: Readonly<Record<string, number>>;
}

type Entry = MessageEntry | GoneEntry | MarkEntry;

/** An entry as it is read. */
export type ReadEntry =
  | (MessageEntry & { readonly data: Uint8Array })
  | GoneEntry
  | MarkEntry;

interface Head {
  readonly entry: Entry;
  readonly bytes: number;
  readonly digest?: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NOTHING = new Uint8Array();
/** A head is a line about a message; what is longer is none. */
const MOST_HEAD_BYTES = 4_194_304;
/** The server takes no larger message. */
const MOST_DATA_BYTES = 67_108_864;

/** Encodes entries of one file, in their order. */
export class EntryEncoder {
  readonly #hash: Hash = createHash("sha256");

  encode(entry: Entry, data: Uint8Array = NOTHING): Uint8Array {
    const digest = entry.kind === "mark" ? { digest: this.#hash.copy().digest("hex") } : {};
    const head = encoder.encode(JSON.stringify({ entry, bytes: data.length, ...digest } satisfies Head));
    const bytes = new Uint8Array(4 + head.length + data.length);
    new DataView(bytes.buffer).setUint32(0, head.length);
    bytes.set(head, 4);
    bytes.set(data, 4 + head.length);
    this.#hash.update(bytes);
    return bytes;
  }
}

/** The entries of a file up to its end, or to where it is cut or is not what was written: the last mark says how far it counts. */
export async function* readEntries(parts: AsyncIterable<Uint8Array>): AsyncGenerator<ReadEntry> {
  await using reader = new ByteReader(parts as AsyncIterable<Uint8Array<ArrayBuffer>>);
  const hash = createHash("sha256");
  for (;;) {
    const prefix = await reader.take(4);
    const length = prefix && new DataView(prefix.buffer, prefix.byteOffset).getUint32(0);
    const text = length && length <= MOST_HEAD_BYTES ? await reader.take(length) : undefined;
    const head = text && parseHead(text);
    if (prefix === undefined || text === undefined || head === undefined) return;
    const data = await reader.take(head.bytes);
    if (data === undefined) return;
    if (head.entry.kind === "mark" && hash.copy().digest("hex") !== head.digest) return;
    for (const part of [prefix, text, data]) hash.update(part);
    yield head.entry.kind === "message" ? { ...head.entry, data } : head.entry;
  }
}

function parseHead(bytes: Uint8Array): Head | undefined {
  try {
    const head = JSON.parse(decoder.decode(bytes)) as Head;
    const isSized = Number.isSafeInteger(head.bytes) && head.bytes >= 0 && head.bytes <= MOST_DATA_BYTES;
    return isSized && typeof head.entry?.kind === "string" ? head : undefined;
  } catch {
    return undefined;
  }
}
