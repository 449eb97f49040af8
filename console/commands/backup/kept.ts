/** What a directory of backups holds, whatever store it is of. @module */
import { join } from "node:path";
import type { FileEntry } from "../../../backends/backup/archive_file.ts";
import type { AnyManifest } from "../../../backends/backup/manifest.ts";
import type { BackupRepository } from "../../../backends/backup/repository.ts";
import { type RestorableRange, restorableRanges } from "../../../backends/backup/restore_plan.ts";
import { KeptLog } from "../../../backends/nats/backup/kept_log.ts";
import { recordRanges } from "../../../backends/nats/backup/restore_plan.ts";

/** A file, and where it lies. */
export interface PlacedFile extends FileEntry {
  readonly path: string;
}

/** The backups, and what was streamed beside them. */
interface Holdings {
  readonly backups: readonly AnyManifest[];
  /** Which moments can be restored from each backup. */
  readonly ranges: readonly RestorableRange[];
  /** The newest moment that was streamed. */
  readonly streamedTo: string | undefined;
  /** The whole files of the log. */
  readonly log: readonly PlacedFile[];
  /** Reads through what is being written, and has no digest yet. Throws BackupError for what is damaged. */
  readOpen(): Promise<void>;
}

export async function holdingsOf(repository: BackupRepository): Promise<Holdings> {
  const backups = await repository.backups();
  return await isOfStreams(repository) ? ofStreams(repository, backups) : ofServer(repository, backups);
}

/** Streams have a directory of records from their first stream on, which may come before the first backup. */
async function isOfStreams(repository: BackupRepository): Promise<boolean> {
  const { files, open } = await new KeptLog(repository).read();
  return files.length > 0 || open !== undefined || (await repository.streamBackups()).length > 0;
}

async function ofServer(repository: BackupRepository, backups: readonly AnyManifest[]): Promise<Holdings> {
  const log = await repository.streamed();
  return {
    backups,
    ranges: restorableRanges(await repository.bases(), log),
    streamedTo: log.newest?.at,
    log: log.segments.map((file) => ({ ...file, path: join(repository.walPath, file.name) })),
    readOpen: () => Promise.resolve(),
  };
}

async function ofStreams(repository: BackupRepository, backups: readonly AnyManifest[]): Promise<Holdings> {
  const log = new KeptLog(repository);
  const kept = await log.read();
  const { files, open } = kept;
  return {
    backups,
    ranges: recordRanges(await repository.streamBackups(), kept),
    streamedTo: open?.at ?? files.at(-1)?.at,
    log: files.map((file) => ({ ...file, path: join(log.directory, file.name) })),
    readOpen: async () => {
      for await (const _ of open === undefined ? [] : log.entriesOf(open));
    },
  };
}
