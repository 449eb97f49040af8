/**
 * Files of a backup: written once, with their SHA-256; with a key they are encrypted in chunks by AES-GCM, each under a nonce
 * of its own number, so that a chunk that is changed, moved or missing at the end is found.
 * @module
 */
import { createHash } from "node:crypto";
import { BackupError, fileError } from "./errors.ts";
import type { BackupKey } from "./key_file.ts";

/** A file as a manifest names it. */
export interface FileEntry {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

const MAGIC = new TextEncoder().encode("ZKSTBAK1");
const SALT_BYTES = 32;
const HEADER_BYTES = MAGIC.length + SALT_BYTES;
/** Plain bytes of a chunk at most. */
const CHUNK_BYTES = 1 << 20;
/** Bytes that AES-GCM adds to a chunk. */
const TAG_BYTES = 16;
/** Set in the length of the last chunk. */
const LAST = 0x8000_0000;

/** A file that is being written. Small writes are gathered until a chunk is full, or `flush` is called. */
export class ArchiveWriter {
  readonly #file: Deno.FsFile;
  readonly #key: CryptoKey | undefined;
  readonly #hash = createHash("sha256");
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #filled = 0;
  #chunks = 0;
  /** Bytes on the disk, or on the way there. */
  #bytes = 0;

  private constructor(readonly path: string, file: Deno.FsFile, key: CryptoKey | undefined) {
    this.#file = file;
    this.#key = key;
  }

  /** Begins a file anew. */
  static async create(path: string, key: BackupKey | undefined): Promise<ArchiveWriter> {
    try {
      const file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
      const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
      const writer = new ArchiveWriter(path, file, await key?.fileKey(salt));
      if (key !== undefined) await writer.#append(joined(MAGIC, salt));
      return writer;
    } catch (error) {
      throw fileError(error, "writing", path);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === CHUNK_BYTES) await this.#writeChunk(false);
    }
  }

  /** How long the file is, as it is stored. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Makes what was written survive a loss of power. */
  async flush(): Promise<void> {
    if (this.#filled > 0) await this.#writeChunk(false);
    await this.#written(() => this.#file.syncData());
  }

  /** Ends the file, syncs it, and answers how long it is and its digest. */
  async close(): Promise<Omit<FileEntry, "name">> {
    if (this.#key !== undefined || this.#filled > 0) await this.#writeChunk(true);
    await this.#written(() => this.#file.sync());
    this.#file.close();
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  /** Ends it as it is: what was written since the last flush may be lost. */
  abort(): void {
    this.#file.close();
  }

  async #writeChunk(isLast: boolean): Promise<void> {
    const plain = this.#chunk.subarray(0, this.#filled);
    this.#filled = 0;
    if (this.#key === undefined) return await this.#append(plain);
    const prefix = prefixOf(plain.length + TAG_BYTES, isLast);
    const sealed = await crypto.subtle.encrypt(sealing(this.#chunks++, prefix), this.#key, plain);
    await this.#append(joined(prefix, new Uint8Array(sealed)));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      at += await this.#written(() => this.#file.write(bytes.subarray(at)));
    }
  }

  /** A disk that is full is told with the file that it does not hold. */
  #written<T>(work: () => Promise<T>): Promise<T> {
    return work().catch((error) => {
      throw fileError(error, "writing", this.path);
    });
  }
}

/** How a file is read. */
interface ReadOptions {
  readonly key?: BackupKey | undefined;
  /** What the manifest says of it: a file that differs is refused, at its end at the latest. */
  readonly expected?: FileEntry | undefined;
  /** The file may end after any chunk: it was being written. */
  readonly open?: boolean;
}

/** The content of a file, decrypted where a key is given. Throws BackupError for one that is not as it was written. */
export async function* readArchive(path: string, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  const { key, expected } = options;
  const hash = createHash("sha256");
  const stored = hashed(rawChunks(path), hash);
  yield* key === undefined ? stored : decrypted(stored, path, key, options.open ?? false);
  if (expected !== undefined && hash.digest("hex") !== expected.sha256) throw differs(path);
}

/** The digest of a file as it is stored; no key is needed. */
export async function digestFile(path: string): Promise<Omit<FileEntry, "name">> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const part of rawChunks(path)) {
    hash.update(part);
    bytes += part.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

function differs(path: string): BackupError {
  return new BackupError("damaged", `${path} is damaged: it is not what was written (SHA-256)`);
}

async function* hashed(
  parts: AsyncIterable<Uint8Array<ArrayBuffer>>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const part of parts) {
    hash.update(part);
    yield part;
  }
}

async function* rawChunks(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    using file = await Deno.open(path);
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const read = await file.read(buffer);
      if (read === null) return;
      yield buffer.subarray(0, read);
    }
  } catch (error) {
    throw fileError(error, "reading", path);
  }
}

async function* decrypted(
  parts: AsyncIterable<Uint8Array<ArrayBuffer>>,
  path: string,
  key: BackupKey,
  mayBeOpen: boolean,
): AsyncGenerator<Uint8Array> {
  await using reader = new ByteReader(parts);
  const header = await reader.take(HEADER_BYTES);
  if (header === undefined || MAGIC.some((byte, i) => header[i] !== byte)) throw differs(path);
  const fileKey = await key.fileKey(header.slice(MAGIC.length));
  for (let chunk = 0, isLast = false; !isLast; chunk++) {
    const prefix = await reader.take(4);
    const length = prefix && new DataView(prefix.buffer, prefix.byteOffset).getUint32(0);
    const sealed = length && await reader.take(length % LAST);
    if (prefix === undefined || !sealed) {
      if (mayBeOpen) return;
      throw differs(path);
    }
    isLast = length >= LAST;
    const plain = await crypto.subtle.decrypt(sealing(chunk, prefix), fileKey, sealed).catch(() => {
      throw differs(path);
    });
    yield new Uint8Array(plain);
  }
  if (await reader.take(1) !== undefined) throw differs(path);
}

function sealing(chunk: number, prefix: Uint8Array<ArrayBuffer>): AesGcmParams {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setBigUint64(4, BigInt(chunk));
  return { name: "AES-GCM", iv, additionalData: prefix };
}

function prefixOf(length: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const prefix = new Uint8Array(4);
  new DataView(prefix.buffer).setUint32(0, isLast ? length + LAST : length);
  return prefix;
}

function joined(one: Uint8Array, two: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + two.length);
  both.set(one);
  both.set(two, one.length);
  return both;
}

/** Takes bytes from a stream by their number. */
export class ByteReader {
  readonly #parts: AsyncIterator<Uint8Array<ArrayBuffer>>;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(parts: AsyncIterable<Uint8Array<ArrayBuffer>>) {
    this.#parts = parts[Symbol.asyncIterator]();
  }

  /** So many bytes; undefined when there are fewer. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#rest.length < count) {
      const next = await this.#parts.next();
      if (next.done) return undefined;
      this.#rest = this.#rest.length === 0 ? next.value : joined(this.#rest, next.value);
    }
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  /** Lets go of the stream, wherever it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.return?.();
  }

  /** Whatever comes next, `most` bytes of it at most; undefined at the end. */
  async some(most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#rest.length === 0) {
      const next = await this.#parts.next();
      if (next.done) return undefined;
      this.#rest = next.value;
    }
    return await this.take(Math.min(most, this.#rest.length));
  }
}
