/** Reads a tar archive as PostgreSQL sends one: plain files and directories below a place. @module */
import { BackupError } from "../../backup/errors.ts";

/** An entry of an archive. */
export interface TarEntry {
  readonly path: string;
  readonly kind: "file" | "directory";
  readonly bytes: number;
  readonly mode: number;
}

const BLOCK_BYTES = 512;
const decoder = new TextDecoder();

/** Takes bytes by their number. */
interface Source {
  take(count: number): Promise<Uint8Array | undefined>;
  some(most: number): Promise<Uint8Array | undefined>;
}

/** Reads the header of an entry; undefined for the empty block at the end. Throws BackupError for what is no header. */
export function parseHeader(block: Uint8Array): TarEntry | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const path = [textOf(block, 345, 155), textOf(block, 0, 100)].filter((part) => part !== "").join("/");
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  const kind = ({ "0": "file", "": "file", "5": "directory" } as const)[textOf(block, 156, 1)];
  if (sum !== numberOf(block, 148, 8) || kind === undefined || !isBelow(path)) {
    throw new BackupError("damaged", `The archive of a backup is damaged: it has no file ${path || "here"}`);
  }
  return { path, kind, bytes: numberOf(block, 124, 12), mode: numberOf(block, 100, 8) & 0o777 };
}

/** Takes each entry to `take`, which reads the content that it wants; the rest is passed over. */
export async function readTar(
  source: Source,
  take: (entry: TarEntry, content: AsyncGenerator<Uint8Array>) => Promise<void>,
): Promise<void> {
  for (;;) {
    const block = await source.take(BLOCK_BYTES);
    if (block === undefined) throw new BackupError("damaged", "The archive of a backup ends in the middle");
    const entry = parseHeader(block);
    if (entry === undefined) break;
    const content = contentOf(source, entry.bytes);
    await take(entry, content);
    for await (const _ of content);
    await source.take((BLOCK_BYTES - entry.bytes % BLOCK_BYTES) % BLOCK_BYTES);
  }
  // The rest, which is empty, is read too, so that the digest is of the whole file.
  while (await source.some(BLOCK_BYTES) !== undefined);
}

async function* contentOf(source: Source, bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0;) {
    const part = await source.some(left);
    if (part === undefined) throw new BackupError("damaged", "The archive of a backup ends in the middle");
    left -= part.length;
    yield part;
  }
}

/** An archive never leads out of the place where it is unpacked. */
function isBelow(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !path.split("/").includes("..");
}

function textOf(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

/** Octal digits, or, for what is 8 GB and more, a binary number behind a marker. */
function numberOf(block: Uint8Array, at: number, length: number): number {
  const field = block.subarray(at, at + length);
  if ((field[0]! & 0x80) === 0) return Number.parseInt(textOf(block, at, length).trim() || "0", 8);
  return field.subarray(1).reduce((total, byte) => total * 256 + byte, field[0]! & 0x7f);
}
