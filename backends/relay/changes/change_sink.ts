/** Where changes go: a file that has each once, or a stream. @module */
import { delay } from "@std/async/delay";
import { BackupError, systemReason } from "../../backup/errors.ts";
import { formatLsn, type Lsn, parseLsn } from "../../backup/wal_position.ts";

export interface ChangeSink {
  /** Opens it behind what is kept. Returns the place behind that; undefined where it does not know, or nothing is. */
  open(): Promise<Lsn | undefined>;
  /** Lines of the transaction that was committed there, in their order; without, rows of a snapshot. */
  write(lines: string, commit?: Lsn): Promise<void>;
  /** Makes what was written durable, as everything up to this place; 0: a snapshot begins. */
  keep(upTo: Lsn): Promise<void>;
  close(): void;
}

const encoder = new TextEncoder();
/** Whoever had the file until now may hold it for a moment: what a process forks has its files until it runs. */
const [LOCK_MS, LOCK_EVERY_MS] = [1_000, 50];

async function isLockedWithin(file: Deno.FsFile, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; !await file.tryLock(true);) {
    if (performance.now() > end) return false;
    await delay(LOCK_EVERY_MS);
  }
  return true;
}

/** NDJSON in a file, with how far it is in a second one beside it: what was written behind that is cut off. */
export class ChangeFile implements ChangeSink {
  readonly #path: string;
  #file: Deno.FsFile | undefined;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<Lsn | undefined> {
    const file = this.#file = await Deno.open(this.#path, { read: true, write: true, create: true })
      .catch((error) => {
        throw new BackupError("unusable", `Cannot write ${this.#path}: ${systemReason(error)}`, {
          cause: error,
        });
      });
    if (!await isLockedWithin(file, LOCK_MS)) {
      throw new BackupError("in_use", `${this.#path} is written by another program`);
    }
    const kept = await this.#readMark();
    const { size } = await file.stat();
    this.#bytes = kept?.bytes ?? size;
    if (size < this.#bytes) {
      throw new BackupError("unusable", `${this.#path} is shorter than what was written to it`);
    }
    await file.truncate(this.#bytes);
    await file.seek(0, Deno.SeekMode.End);
    return kept && parseLsn(kept.lsn);
  }

  async write(lines: string): Promise<void> {
    const bytes = encoder.encode(lines);
    for (let at = 0; at < bytes.length;) at += await this.#file!.write(bytes.subarray(at));
    this.#bytes += bytes.length;
  }

  async keep(upTo: Lsn): Promise<void> {
    await this.#file!.syncData();
    const mark = { bytes: this.#bytes, lsn: formatLsn(upTo) };
    await Deno.writeTextFile(`${this.#markPath}.new`, JSON.stringify(mark));
    await Deno.rename(`${this.#markPath}.new`, this.#markPath);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  get #markPath(): string {
    return `${this.#path}.place`;
  }

  async #readMark(): Promise<{ readonly bytes: number; readonly lsn: string } | undefined> {
    try {
      return JSON.parse(await Deno.readTextFile(this.#markPath));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }
}

/** A stream: what its reader had not all got may come again. */
export class ChangeWriter implements ChangeSink {
  readonly #write: (text: string) => Promise<void>;

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  open(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  write(lines: string): Promise<void> {
    return this.#write(lines);
  }
  keep(): Promise<void> {
    return Promise.resolve();
  }
  close(): void {}
}
