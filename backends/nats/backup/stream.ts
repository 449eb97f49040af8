/** Keeps what is written to a store on JetStream, as it is written, so that any moment since a backup can be restored. @module */
import { delay } from "@std/async/delay";
import type { BackupKey } from "../../backup/key_file.ts";
import type { NatsManifest } from "../../backup/manifest.ts";
import { BackupRepository } from "../../backup/repository.ts";
import { BackendUnavailable } from "../../errors.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { NatsClient } from "../connection/client.ts";
import type { NatsOptions } from "../setup/options.ts";
import { type EntrySink, type Reached, StreamCopier } from "./copy_streams.ts";
import type { MarkEntry, ReadEntry } from "./entries.ts";
import { type Kept, type KeptFileWriter, KeptLog } from "./kept_log.ts";
import { logOf } from "./restore_plan.ts";
import { infoOf, type StoredStreams, storedStreams } from "./stored_streams.ts";

/** What is streamed, to where, and until when. */
interface StreamRequest {
  readonly options: NatsOptions;
  readonly to: string;
  readonly key: BackupKey | undefined;
  readonly signal: AbortSignal;
  /** Takes what its owner should know, a line each. */
  onNotice(line: string): void;
  /** A later moment can be restored. */
  onNewest?(mark: MarkEntry): void;
}

/** A loss of everything costs as much as lies between two rounds, and what is on its way. */
const ROUND_EVERY_MS = 1_000;
/** A file is ended when it has so many bytes. */
const FILE_BYTES = 16_777_216;

/** Streams until the signal aborts. A server that goes away is asked again; one that is not there at the beginning is an error. */
export async function streamRecords(request: StreamRequest): Promise<void> {
  const { options, signal, onNotice } = request;
  const client = await NatsClient.open(options);
  try {
    const streams = await storedStreams(client, options);
    const repository = await BackupRepository.open(request.to, request.key, streams.id);
    using _lock = await repository.lock("stream");
    const log = new KeptLog(repository);
    await log.prepare();
    const reached = await startOf(client, streams, await log.seal(), await repository.streamBackups());
    const sink = new Files(log, reached.log);
    const copier = new StreamCopier(client, streams, reached, sink);
    try {
      await rounds(copier, request, signal, onNotice);
    } finally {
      await sink.close();
    }
  } finally {
    await client.close();
  }
}

async function rounds(
  copier: StreamCopier,
  { onNewest }: StreamRequest,
  signal: AbortSignal,
  onNotice: (line: string) => void,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      const mark = await copier.copy();
      if (mark !== undefined) onNewest?.(mark);
      if (failures > 0) onNotice("The server answers again");
      failures = 0;
      await delay(ROUND_EVERY_MS, { signal }).catch(() => {});
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
      if (failures === 0) onNotice(`${error.message}; trying again`);
      await delay(retryDelayMs(failures++), { signal }).catch(() => {});
    }
  }
  // What was acknowledged before the stop is kept too, where the server answers.
  await copier.copy().catch(() => {});
}

/** Goes on where the last file ends, else where the last backup does, else from now on. */
async function startOf(
  client: NatsClient,
  { log }: StoredStreams,
  { files }: Kept,
  bases: readonly NatsManifest[],
): Promise<Reached> {
  const last = files.at(-1);
  if (last !== undefined) return last;
  const base = bases.at(-1);
  if (base === undefined) return { log: (await infoOf(client, log))!.state.last_seq, others: {} };
  const ends = base.streams.map(({ config, state }) => [config.name, state.last_seq] as const);
  return { log: logOf(base).state.last_seq, others: Object.fromEntries(ends) };
}

/** Entries in files of about the same size. A file ends at a mark only. */
class Files implements EntrySink {
  #open: KeptFileWriter | undefined;

  constructor(readonly log: KeptLog, private behind: number) {}

  async write(entry: ReadEntry): Promise<void> {
    this.#open ??= await this.log.begin(this.behind);
    await this.#open.write(entry);
  }

  async mark(mark: MarkEntry): Promise<void> {
    this.#open ??= await this.log.begin(this.behind);
    await this.#open.mark(mark);
    this.behind = mark.log;
    if (this.#open.writer.bytes >= FILE_BYTES) await this.close();
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }
}
