/** Restores a backup to a moment or a position, into a directory of its own, and proves what came of it. @module */
import { dirname } from "node:path";
import { BackupError } from "../../backup/errors.ts";
import type { BackupKey } from "../../backup/key_file.ts";
import { BackupRepository } from "../../backup/repository.ts";
import { syncDirectory } from "../../local_server/sync_directory.ts";
import { parseLsn } from "../../backup/wal_position.ts";
import { planRestore, type RestorePlan, type Target } from "../../backup/restore_plan.ts";
import { privateDirectory, serverUser } from "../../local_server/run_as.ts";
import { whileLocked } from "../../local_server/file_lock.ts";
import { PostgresClient } from "../connection/client.ts";
import type { PostgresTarget } from "../connection/driver_options.ts";
import { removeUnfinished } from "../embedded/cluster.ts";
import { isIntact } from "../embedded/manifest.ts";
import { type Layout, prepareLayout, requireReachable, socketDirectory } from "../embedded/layout.ts";
import { findBinaries, POSTGRES_MAJOR } from "../embedded/platform.ts";
import { stopPostmaster } from "../embedded/postmaster.ts";
import { exists, removeQuietly, unpack } from "../embedded/unpack.ts";
import { checkLedger, type LedgerCheck } from "./ledger_check.ts";
import {
  cleanUp,
  type ClusterSource,
  layOut,
  readSegment,
  recover,
  type RecoveryTarget,
} from "./recovery.ts";
import { type Commit, commitsIn } from "./log_records.ts";
import {
  checkChain,
  lastCommitOf,
  markRestored,
  type PositionCut,
  readCut,
  writersOf,
} from "./restored_store.ts";

/** What is restored, and where. */
interface RestoreRequest {
  readonly from: string;
  readonly key: BackupKey | undefined;
  readonly target: Target;
  readonly dataDir: string;
  /** It is removed at once: nothing of it need survive a loss of power. */
  readonly isDiscarded?: boolean;
  /** Asks the restored server whatever else is to be proven, before it is stopped. */
  inspect?(server: PostgresTarget): Promise<void>;
  /** What is done next, before it is. */
  onStep(step: string): void;
  onBytes(done: number, total: number): void;
}

/** What came of it. */
export interface Restored {
  readonly plan: RestorePlan;
  readonly dataDir: string;
  readonly timeline: number;
  /** Undefined for a server without a store. */
  readonly ledger: LedgerCheck | undefined;
  /** What a position cut off, where one was asked for. */
  readonly cut: PositionCut | undefined;
}

const PORT = 5432;

/**
 * Says what a restore would take, and from where. Throws BackupError for a target that can't be reached, and for a directory
 * that holds anything.
 */
export async function planFrom(
  { from, key, target, dataDir }: Pick<RestoreRequest, "from" | "key" | "target" | "dataDir">,
): Promise<Omit<ClusterSource, "user" | "onBytes">> {
  await requireEmpty(dataDir);
  const repository = await BackupRepository.open(from, key);
  const [bases, log] = [await repository.bases(), await repository.streamed()];
  return { repository, log, plan: planRestore(bases, log, target) };
}

/** Restores. What is half done when it fails is removed, and when it is killed is no database. */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const source = await planFrom(request);
  requireThisMajor(source.plan);
  const layout = await prepareLayout(request.dataDir);
  const user = await serverUser(layout.cluster);
  await requireReachable(layout, user);
  const wait = () => request.onStep("Waiting for another process that uses the directory");
  return await whileLocked(layout.startLock, async () => {
    // Another process may have made a database here until now.
    if (await exists(layout.cluster)) throw inUse(layout.root);
    await removeUnfinished(layout.root);
    if (!await isIntact(layout.programs)) await unpack(await findBinaries(), layout.programs);
    const work = new Restore(request, { ...source, user, onBytes: request.onBytes }, layout);
    return await work.run();
  }, wait);
}

class Restore {
  readonly #cluster: string;
  readonly #server;

  constructor(readonly request: RestoreRequest, readonly source: ClusterSource, readonly layout: Layout) {
    this.#cluster = `${layout.cluster}.new-restore`;
    const socketDir = socketDirectory(layout.root, PORT);
    this.#server = { ...layout, cluster: this.#cluster, socketDir, port: PORT, user: source.user };
  }

  async run(): Promise<Restored> {
    try {
      const { at, position } = this.request.target;
      const target = position === undefined
        ? at === undefined ? "end" : { time: at }
        : await this.#commitOf(position);
      const proof = await this.#recovered(target, (...server) => this.#prove(...server));
      await cleanUp(this.#cluster);
      await Deno.rename(this.#cluster, this.layout.cluster);
      await syncDirectory(dirname(this.layout.cluster));
      return { plan: this.source.plan, dataDir: this.layout.root, ...proof };
    } finally {
      await removeQuietly(this.#cluster);
      if (!this.#server.socketDir.startsWith(this.layout.root)) await removeQuietly(this.#server.socketDir);
    }
  }

  /** Who stored a position is known when the whole log was replayed once; when they ended, the log says. */
  async #commitOf(position: number): Promise<RecoveryTarget> {
    this.request.onStep(`Looking for position ${position}`);
    const writers = await this.#recovered("end", (client) => writersOf(client, position), true);
    await Deno.remove(this.#cluster, { recursive: true });
    return { xid: await lastCommitOf(writers, commitsOf(this.source)) };
  }

  /** Lays the cluster out, replays the log to the target, and uses the server. It is stopped then. */
  async #recovered<T>(
    target: RecoveryTarget,
    use: (client: PostgresClient, server: PostgresTarget) => Promise<T>,
    isDiscarded = this.request.isDiscarded ?? false,
  ): Promise<T> {
    const { base: { server } } = this.source.plan;
    this.request.onStep("Laying the files out");
    await privateDirectory(this.#cluster, this.source.user);
    await layOut(this.#cluster, this.source);
    this.request.onStep("Replaying the log");
    const started = await recover(this.#server, target, { isKept: !isDiscarded });
    const { socketDir: host, port } = this.#server;
    const restored = { host, port, user: server.inspector, database: server.database };
    const client = new PostgresClient(restored, { connections: 1, deadlineMs: 3_600_000 });
    try {
      return await use(client, restored);
    } finally {
      await client.close();
      await stopPostmaster(this.#server);
      await started.exited();
    }
  }

  async #prove(
    client: PostgresClient,
    server: PostgresTarget,
  ): Promise<Pick<Restored, "ledger" | "timeline" | "cut">> {
    this.request.onStep("Checking the store");
    const ledger = await checkLedger(client);
    if (ledger !== undefined) await checkChain(client);
    const { target } = this.request;
    const { position } = target;
    const cut = position === undefined ? undefined : await readCut(client, position);
    const mark = { ...this.source.plan, target, hasStore: ledger !== undefined };
    const timeline = await markRestored(client, mark);
    await this.request.inspect?.(server);
    return { ledger, timeline, cut };
  }
}

/** The commits in the log of a backup, from where its files begin to be read. */
function commitsOf(source: ClusterSource): AsyncIterable<Commit> {
  const { base, segments } = source.plan;
  const files = async function* () {
    for (const segment of segments) {
      yield await new Blob(await Array.fromAsync(readSegment(segment, source)) as BlobPart[]).bytes();
    }
  };
  return commitsIn(files(), Number(parseLsn(base.start_lsn) % BigInt(base.server.segment_bytes)));
}

/** What a restore that did not come to its end leaves: programs, logs, locks, and no database. */
const LEFT_BEHIND = /^(pgsql-.*|logs|run|start\.lock|use\.lock|cluster\.new-.*)$/;

/** Throws BackupError for a directory that holds anything else: a restore never mixes with what is there. */
async function requireEmpty(dataDir: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(dataDir)) {
      if (!LEFT_BEHIND.test(name)) throw inUse(dataDir);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function inUse(dataDir: string): BackupError {
  return new BackupError("in_use", `${dataDir} is not empty: restore into a new directory`);
}

function requireThisMajor({ base: { server, id } }: RestorePlan): void {
  const major = Math.floor(server.version / 10_000);
  if (major === POSTGRES_MAJOR) return;
  throw new BackupError(
    "unusable",
    `The backup ${id} is of PostgreSQL ${major}, and this program brings ${POSTGRES_MAJOR}`,
  );
}
