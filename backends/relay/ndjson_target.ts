/** CloudEvents as lines of a file, each once: what was written behind the last checkpoint is cut off, and written again. @module */
import { systemReason } from "../backup/errors.ts";
import type { RelayRecord } from "./relay_store.ts";
import {
  type OpenedTarget,
  type OutgoingEvent,
  type RelayTarget,
  type SendResult,
  TargetStopped,
  TargetUnavailable,
} from "./target.ts";

const encoder = new TextEncoder();

/** The lines of these events. */
function ndjsonLines(events: readonly OutgoingEvent[]): string {
  return events.map(({ shown }) => `${JSON.stringify(shown)}\n`).join("");
}

/** A full disk, or a folder that may not be written, is mended by people: the relay waits for them. */
function waitable<T>(work: Promise<T>): Promise<T> {
  return work.catch((error) => {
    if (!(error instanceof Deno.errors.NotCapable) && typeof error?.code !== "string") throw error;
    throw new TargetUnavailable(systemReason(error), { cause: error });
  });
}

/** Appends to a file. Who has it open keeps it locked: two relays never write one file. */
export class NdjsonFile implements RelayTarget {
  readonly #path: string;
  #file: Deno.FsFile | undefined;
  #bytes = 0;
  /** Before it sends, whoever has it locked has shown that the relay is still its own: only then is anything cut off. */
  #isCut = false;

  constructor(path: string) {
    this.#path = path;
  }

  async open({ progress }: Pick<RelayRecord, "progress">): Promise<OpenedTarget> {
    const file = await waitable(Deno.open(this.#path, { read: true, write: true, create: true }));
    [this.#file, this.#isCut] = [file, false];
    // Whoever had this relay before may be frozen, and lets the file go when it wakes up.
    if (!await file.tryLock(true)) throw new TargetUnavailable("another program writes the file");
    const { size } = await file.stat();
    this.#bytes = progress?.bytes ?? size;
    if (size < this.#bytes) throw new TargetStopped("the file is shorter than what was written to it");
    return { progress: { bytes: this.#bytes } };
  }

  async send(events: readonly OutgoingEvent[]): Promise<SendResult> {
    const file = this.#file!;
    const bytes = encoder.encode(ndjsonLines(events));
    if (!this.#isCut) await this.#cutOff(file);
    for (let at = 0; at < bytes.length;) at += await waitable(file.write(bytes.subarray(at)));
    await waitable(file.syncData());
    this.#bytes += bytes.length;
    return { refused: [], progress: { bytes: this.#bytes } };
  }

  close(): Promise<void> {
    this.#file?.close();
    this.#file = undefined;
    return Promise.resolve();
  }

  async #cutOff(file: Deno.FsFile): Promise<void> {
    await file.truncate(this.#bytes);
    await file.seek(0, Deno.SeekMode.End);
    this.#isCut = true;
  }
}

/** Standard output, no faster than its reader takes it. What was written behind the last checkpoint comes again. */
export class NdjsonStream implements RelayTarget {
  readonly #write: (text: string) => Promise<void>;

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  open(): Promise<OpenedTarget> {
    return Promise.resolve({});
  }

  async send(events: readonly OutgoingEvent[]): Promise<SendResult> {
    await this.#write(ndjsonLines(events));
    return { refused: [] };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
