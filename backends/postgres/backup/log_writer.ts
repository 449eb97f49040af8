/** Cuts the write-ahead log, as it streams in, into files of the server's own size. @module */
import { join } from "node:path";
import { ArchiveWriter, type FileEntry } from "../../backup/archive_file.ts";
import { BackupError } from "../../backup/errors.ts";
import type { BackupKey } from "../../backup/key_file.ts";
import { syncDirectory } from "../../local_server/sync_directory.ts";
import { formatLsn, type Lsn, segmentName, segmentOf } from "../../backup/wal_position.ts";

/** Where the files go. */
interface LogPlace {
  readonly directory: string;
  readonly timeline: number;
  readonly segmentBytes: number;
  readonly key: BackupKey | undefined;
  /** A file is whole: it is synced and has its name. It counts as kept when this is done. */
  onSegment(entry: FileEntry): Promise<void>;
}

/** The file that is being written. */
interface OpenSegment {
  readonly name: string;
  readonly writer: ArchiveWriter;
  /** Of an earlier writer that was ended: it stays until this one has come further. */
  readonly behind: number;
  renamed: boolean;
}

const PARTIAL = ".partial";

/** Begins at the start of a file, and keeps what an earlier writer had of it until it has come as far. */
export class LogWriter {
  readonly #place: LogPlace;
  #open: OpenSegment | undefined;
  #received: Lsn;
  #durable: Lsn;

  constructor(place: LogPlace, from: Lsn) {
    this.#place = place;
    this.#received = from;
    this.#durable = from;
  }

  /** Where the next byte belongs. */
  get received(): Lsn {
    return this.#received;
  }

  /** Up to here everything survives a loss of power. */
  get durable(): Lsn {
    return this.#durable;
  }

  async write(at: Lsn, bytes: Uint8Array): Promise<void> {
    if (at !== this.#received) {
      throw new BackupError(
        "unusable",
        `The server sent its log from ${formatLsn(at)}, and ${formatLsn(this.#received)} was due`,
      );
    }
    for (let done = 0; done < bytes.length;) {
      const { segmentBytes } = this.#place;
      const left = segmentBytes - Number(this.#received % BigInt(segmentBytes));
      const part = bytes.subarray(done, done + left);
      this.#open ??= await this.#begin();
      await this.#open.writer.write(part);
      this.#received += BigInt(part.length);
      done += part.length;
      if (part.length === left) await this.#finish(this.#open);
    }
  }

  /** Makes what came survive a loss of power. */
  async flush(): Promise<void> {
    if (this.#open === undefined || this.#durable === this.#received) return;
    await this.#open.writer.flush();
    await this.#takeName(this.#open);
    this.#durable = this.#received;
  }

  /** Ends the file that is being written where it is. Answers it, where there is one. */
  async close(): Promise<FileEntry | undefined> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return undefined;
    const written = await open.writer.close();
    await this.#takeName(open);
    this.#durable = this.#received;
    return { name: `${open.name}${PARTIAL}`, ...written };
  }

  /** Lets go of the file as it is. */
  abort(): void {
    this.#open?.writer.abort();
    this.#open = undefined;
  }

  async #begin(): Promise<OpenSegment> {
    const { directory, timeline, segmentBytes, key } = this.#place;
    const name = segmentName(timeline, segmentOf(this.#received, segmentBytes), segmentBytes);
    const behind = await Deno.stat(join(directory, `${name}${PARTIAL}`)).then(({ size }) => size, () => -1);
    const writer = await ArchiveWriter.create(join(directory, `${name}${PARTIAL}.new`), key);
    return { name, writer, behind, renamed: false };
  }

  async #finish(open: OpenSegment): Promise<void> {
    this.#open = undefined;
    const { directory, onSegment } = this.#place;
    const written = await open.writer.close();
    const partial = join(directory, `${open.name}${PARTIAL}`);
    await Deno.rename(open.renamed ? partial : `${partial}.new`, join(directory, open.name));
    if (!open.renamed && open.behind >= 0) await Deno.remove(partial);
    await syncDirectory(directory);
    await onSegment({ name: open.name, ...written });
    this.#durable = this.#received;
  }

  /** It takes the place of what was there when it has come further. */
  async #takeName(open: OpenSegment): Promise<void> {
    if (open.renamed || open.writer.bytes < open.behind) return;
    const { directory } = this.#place;
    const partial = join(directory, `${open.name}${PARTIAL}`);
    await Deno.rename(`${partial}.new`, partial);
    await syncDirectory(directory);
    open.renamed = true;
  }
}
