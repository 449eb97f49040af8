/** Restores a backup of streams into a server, that of the events last: without it what is half restored is no store. @module */
import { join } from "node:path";
import { readArchive } from "../../backup/archive_file.ts";
import { BackupError } from "../../backup/errors.ts";
import type { NatsManifest } from "../../backup/manifest.ts";
import type { BackupRepository } from "../../backup/repository.ts";
import { NatsClient } from "../connection/client.ts";
import type { NatsOptions } from "../setup/options.ts";
import { restoreStream } from "./stream_snapshot.ts";

/** The server looks a large copy through before it answers. */
const DEADLINE_MS = 600_000;

/** Makes the streams of a backup on a server that has none of them. Every file is verified. */
export async function restoreStreams(
  repository: BackupRepository,
  backup: NatsManifest,
  options: NatsOptions,
  onStep: (step: string) => void,
): Promise<void> {
  const client = await NatsClient.open({ ...options, deadlineMs: DEADLINE_MS });
  try {
    const { streams: before } = await client.manage((manager) => manager.getAccountInfo());
    if (before > 0) {
      throw new BackupError("in_use", "The server has streams already: restore into a new directory");
    }
    for (const { file, ...copy } of backup.streams) {
      onStep(`Restoring ${copy.config.name}`);
      const expected = backup.files.find(({ name }) => name === file);
      const path = join(repository.basePath(backup.id), file);
      await restoreStream(client, copy, readArchive(path, { key: repository.key, expected }));
    }
  } finally {
    await client.close();
  }
}
