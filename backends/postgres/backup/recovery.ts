/** Lays a cluster out from a backup, and lets its server replay the log to a target. @module */
import { dirname, join } from "node:path";
import { ByteReader, readArchive } from "../../backup/archive_file.ts";
import { BackupError, fileError } from "../../backup/errors.ts";
import type { BackupRepository } from "../../backup/repository.ts";
import type { NeededSegment, RestorePlan, StreamedLog } from "../../backup/restore_plan.ts";
import type { ServerUser } from "../../local_server/run_as.ts";
import { EmbeddedError } from "../../local_server/errors.ts";
import { type Postmaster, type StartedServer, startPostmaster } from "../embedded/postmaster.ts";
import { readTar } from "./tar.ts";

/** Where the replay ends: behind the last commit of a moment, behind a transaction, or at the end of the log. */
export type RecoveryTarget = { readonly time: string } | { readonly xid: string } | "end";

/** From what a cluster is made. */
export interface ClusterSource {
  readonly repository: BackupRepository;
  readonly plan: RestorePlan;
  readonly log: StreamedLog;
  readonly user: ServerUser;
  /** How much of the backup was laid out. */
  onBytes(done: number, total: number): void;
}

const CONFIG = "zaakstroom_restore.conf";
const ACCESS = "zaakstroom_restore_hba.conf";

/** Settings under which a cluster of any server starts here: nothing of its own is loaded, and nothing is archived. */
const CONFIG_TEXT = "max_prepared_transactions = 100\nmax_connections = 20\n";

const RESTORED_SETTINGS =
  `# Restored from a backup: its log goes where the one of before did not, and no standby follows it.
archive_mode = 'off'
synchronous_standby_names = ''
`;

/** Writes the files of a base and the log that belongs to it. Every file is checked while it is read. */
export async function layOut(cluster: string, source: ClusterSource): Promise<void> {
  const { repository, plan: { base, segments }, user } = source;
  const total = base.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const counted = { done: 0, total, onBytes: source.onBytes };
  const expected = base.files.find(({ name }) => name === "base.tar");
  const path = join(repository.basePath(base.id), "base.tar");
  await using reader = new ByteReader(readArchive(path, { key: repository.key, expected }) as AsyncIterable<
    Uint8Array<ArrayBuffer>
  >);
  await readTar(reader, async (entry, content) => {
    const target = join(cluster, entry.path);
    if (entry.kind === "directory") await makeOwned(target, user);
    else await writeOwned(target, content, user, counted);
  });
  for (const segment of segments) await placeSegment(segment, cluster, source);
  await writeOwned(join(cluster, CONFIG), bytesOf(CONFIG_TEXT), user);
  await writeOwned(join(cluster, ACCESS), bytesOf("local all all trust\n"), user);
  await writeOwned(join(cluster, "recovery.signal"), bytesOf(""), user);
}

/**
 * Replays the log, and ends when the server takes statements, on a timeline of its own. What is not kept need not survive a loss
 * of power. Throws BackupError when the target was not found.
 */
export async function recover(
  server: Omit<Postmaster, "fsync" | "settings">,
  target: RecoveryTarget,
  { isKept }: { readonly isKept: boolean },
): Promise<StartedServer> {
  const settings = {
    config_file: join(server.cluster, CONFIG),
    hba_file: join(server.cluster, ACCESS),
    hot_standby: "off",
    archive_mode: "off",
    synchronous_standby_names: "",
    shared_preload_libraries: "",
    ssl: "off",
    autovacuum: "off",
    // What the log holds lies where the server looks when this finds nothing.
    restore_command: "false",
    recovery_target_action: "promote",
    ...settingsOf(target),
  };
  try {
    return await startPostmaster({ ...server, fsync: isKept, settings });
  } catch (error) {
    if (!(error instanceof EmbeddedError) || !/recovery|WAL|checkpoint record|backup/.test(error.message)) {
      throw error;
    }
    const reason = error.message.replace(/^.*?: /, "");
    throw new BackupError("damaged", `The log of the backup does not lead to the target: ${reason}`, {
      cause: error,
    });
  }
}

function settingsOf(target: RecoveryTarget): Record<string, string> {
  if (target === "end") return {};
  return "time" in target
    ? { recovery_target_time: target.time.replace("T", " ").replace("Z", "+00") }
    : { recovery_target_xid: target.xid };
}

/** Takes away what only the recovery needed. Where the cluster archived its log, or waited for a standby, its copy does not. */
export async function cleanUp(cluster: string): Promise<void> {
  for (const name of [CONFIG, ACCESS]) await Deno.remove(join(cluster, name));
  const path = join(cluster, "postgresql.auto.conf");
  await Deno.writeTextFile(path, `${(await Deno.readTextFile(path)).trimEnd()}\n${RESTORED_SETTINGS}`);
}

async function placeSegment(segment: NeededSegment, cluster: string, source: ClusterSource): Promise<void> {
  const target = join(cluster, "pg_wal", segment.name);
  await writeOwned(target, readSegment(segment, source), source.user);
  // The server takes files of one length only; where a file ends early, its log does.
  await Deno.truncate(target, source.plan.base.server.segment_bytes);
}

/** The content of a file of the log, which is checked while it is read. */
export function readSegment(
  { name, from, open }: NeededSegment,
  { repository, plan: { base }, log }: Pick<ClusterSource, "repository" | "plan" | "log">,
): AsyncIterable<Uint8Array> {
  const file = open ? `${name}.partial` : name;
  const [directory, expected] = from === "base"
    ? [join(repository.basePath(base.id), "wal"), base.files.find((entry) => entry.name === `wal/${file}`)]
    : [repository.walPath, log.segments.find((entry) => entry.name === file)];
  return readArchive(join(directory, file), {
    key: repository.key,
    expected,
    open: open && from === "stream",
  });
}

async function makeOwned(path: string, user: ServerUser): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  if (user.switched) await Deno.chown(path, user.uid, user.gid);
}

interface CountedBytes {
  done: number;
  readonly total: number;
  onBytes(done: number, total: number): void;
}

async function writeOwned(
  path: string,
  content: AsyncIterable<Uint8Array>,
  user: ServerUser,
  counted?: CountedBytes,
): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    using file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
    for await (const part of content) {
      for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
      counted?.onBytes(counted.done += part.length, counted.total);
    }
    if (user.switched) await Deno.chown(path, user.uid, user.gid);
  } catch (error) {
    throw fileError(error, "writing", path);
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}
