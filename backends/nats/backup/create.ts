/** Makes a backup of a store on JetStream: a snapshot of each of its streams, that of the events last. @module */
import { backupId, type NatsManifest } from "../../backup/manifest.ts";
import type { BackupKey } from "../../backup/key_file.ts";
import { BackupRepository, type UnfinishedBase } from "../../backup/repository.ts";
import { toMicroseconds } from "../../backup/restore_plan.ts";
import { NatsClient } from "../connection/client.ts";
import { type NatsOptions, requestedStoreOf } from "../setup/options.ts";
import { infoOf, type StoredStreams, storedStreams } from "./stored_streams.ts";
import { snapshotStream } from "./stream_snapshot.ts";

/** What is backed up, and to where. */
interface CreateRequest {
  readonly options: NatsOptions;
  readonly to: string;
  readonly key: BackupKey | undefined;
  readonly label: string;
  /** How much has come. It is waited for: so the copy takes its time. */
  onBytes?(done: number): unknown;
}

/** Makes a backup. What was written when it fails is no backup. */
export async function backUpStreams(request: CreateRequest): Promise<NatsManifest> {
  const client = await NatsClient.open(request.options);
  try {
    const streams = await storedStreams(client, request.options);
    const repository = await BackupRepository.open(request.to, request.key, streams.id);
    using _lock = await repository.lock("create");
    const id = backupId(new Date());
    const base = await repository.begin(id);
    try {
      return await fill(base, id, client, streams, request);
    } catch (error) {
      await base.discard();
      throw error;
    }
  } finally {
    await client.close();
  }
}

/**
 * That of the events is copied last: whatever is made of events, or becomes one, is then of before it. What was moved into the
 * log meanwhile is taken in a second time, which its id makes harmless.
 */
async function fill(
  base: UnfinishedBase,
  id: string,
  client: NatsClient,
  { log, others, fixed }: StoredStreams,
  { options, label, onBytes = () => {} }: CreateRequest,
): Promise<NatsManifest> {
  const started_at = toMicroseconds(new Date().toISOString());
  const streams: NatsManifest["streams"] = [];
  let done = 0;
  let ended = "";
  for (const name of [...fixed, ...others, log]) {
    const { created, ts } = (await infoOf(client, name))!;
    ended = ts!;
    const file = `${name}.snapshot`;
    const writer = await base.create(file);
    const copy = await snapshotStream(client, name, async (chunk) => {
      await writer.write(chunk);
      await onBytes(done += chunk.length);
    });
    base.add({ name: file, ...await writer.close() });
    streams.push({ file, created, ...copy });
  }
  const { stream, prefix } = requestedStoreOf(options);
  return await base.finish<NatsManifest>({
    format: 1,
    id,
    backend: "nats",
    label,
    started_at,
    ended_at: toMicroseconds(ended),
    server: { version: client.server, stream, prefix },
    streams,
  });
}
