/** Makes a backup of a whole server: its files, and the log that makes them consistent, side by side. @module */
import { delay } from "@std/async/delay";
import { join } from "node:path";
import { backupId, type Manifest, type Mark } from "../../backup/manifest.ts";
import type { BackupKey } from "../../backup/key_file.ts";
import { BackupRepository, type UnfinishedBase } from "../../backup/repository.ts";
import { parseLsn, parseSegmentName, segmentOf, startOfSegment } from "../../backup/wal_position.ts";
import { PostgresClient } from "../connection/client.ts";
import type { PostgresTarget } from "../connection/driver_options.ts";
import { writeBase } from "./base_backup.ts";
import { receiveLog } from "./log_receiver.ts";
import { LogWriter } from "./log_writer.ts";
import { ReplicationSession, type ServerIdentity } from "./replication.ts";
import { readBackedUpServer, serverTime, takeMark } from "./backed_up_server.ts";

/** What is backed up, and to where. */
export interface BackupRequest {
  readonly target: PostgresTarget;
  readonly to: string;
  readonly key: BackupKey | undefined;
}

/** What `create` takes beside. */
interface CreateRequest extends BackupRequest {
  readonly label: string;
  /** How much has come of about how much. It is waited for: so the copy takes its time. */
  onBytes?(done: number, total: number | undefined): unknown;
}

/** Marks are taken this often until one of them is kept. */
const MARK_EVERY_MS = 50;

/** Makes a backup. Throws BackupError, or as the connection does; what was written till then is no backup. */
export async function createBackup(request: CreateRequest): Promise<Manifest> {
  const client = new PostgresClient(request.target, { connections: 1 });
  const [files, log] = [new ReplicationSession(request.target), new ReplicationSession(request.target)];
  try {
    const identity = await files.identify();
    const repository = await BackupRepository.open(request.to, request.key, identity.systemId);
    using _lock = await repository.lock("create");
    const id = backupId(new Date());
    const base = await repository.begin(id);
    try {
      return await fill(base, { ...request, id, client, files, log, identity });
    } catch (error) {
      await base.discard();
      throw error;
    }
  } finally {
    await Promise.all([files.close(), log.close(), client.close()]);
  }
}

interface Work extends CreateRequest {
  readonly id: string;
  readonly client: PostgresClient;
  readonly files: ReplicationSession;
  readonly log: ReplicationSession;
  readonly identity: ServerIdentity;
}

async function fill(base: UnfinishedBase, work: Work): Promise<Manifest> {
  const { id, client, files, identity, label, onBytes = () => {} } = work;
  const facts = await readBackedUpServer(client);
  const started = await serverTime(client);
  const log = await LogOfBase.begin(base, work);
  const { startLsn, endLsn, ended, newest } = await log.during(async () => {
    const needed = await writeBase(await files.baseBackup(label), base, (done) => onBytes(done, facts.bytes));
    const ended = await serverTime(client);
    return { ...needed, ended, newest: await log.reach(client) };
  });
  await log.end(startLsn);
  const { version, inspector, database } = facts;
  return await base.finish<Manifest>({
    format: 1,
    id,
    backend: "postgres",
    label,
    started_at: started,
    ended_at: ended,
    server: {
      version,
      system_id: identity.systemId,
      timeline: identity.timeline,
      segment_bytes: identity.segmentBytes,
      inspector,
      database,
    },
    start_lsn: startLsn,
    end_lsn: endLsn,
    newest,
  });
}

/** The log that is written while the files are read. */
class LogOfBase {
  readonly #done = new AbortController();
  readonly #receiving: Promise<void>;

  private constructor(
    readonly base: UnfinishedBase,
    readonly work: Work,
    readonly writer: LogWriter,
  ) {
    const { log: session, identity: { timeline } } = work;
    const signal = this.#done.signal;
    this.#receiving = receiveLog({ session, writer, timeline, signal, onDurable: () => {} });
    this.#receiving.catch(() => {});
  }

  static async begin(base: UnfinishedBase, work: Work): Promise<LogOfBase> {
    const { log, identity: { timeline, segmentBytes } } = work;
    const from = startOfSegment(await log.holdLog(), segmentBytes);
    const { key } = base.repository;
    const directory = join(base.path, "wal");
    const onSegment = (entry: { name: string; bytes: number; sha256: string }) =>
      Promise.resolve(base.add({ ...entry, name: `wal/${entry.name}` }));
    return new LogOfBase(
      base,
      work,
      new LogWriter({ directory, timeline, segmentBytes, key, onSegment }, from),
    );
  }

  /** Does something while the log comes in; fails when the log does. */
  async during<T>(act: () => Promise<T>): Promise<T> {
    const failed = this.#receiving.then(() => new Promise<never>(() => {}));
    return await Promise.race([act(), failed]);
  }

  /** Waits until a mark is kept, and answers it. */
  async reach(client: PostgresClient): Promise<Mark> {
    for (;;) {
      const mark = await takeMark(client);
      await delay(MARK_EVERY_MS);
      if (this.writer.durable >= parseLsn(mark.lsn)) return mark;
    }
  }

  /** Ends it, and removes what lies before the base. */
  async end(startLsn: string): Promise<void> {
    this.#done.abort();
    await this.#receiving;
    const open = await this.writer.close();
    if (open !== undefined) this.base.add({ ...open, name: `wal/${open.name}` });
    const { segmentBytes } = this.work.identity;
    const first = segmentOf(parseLsn(startLsn), segmentBytes);
    await this.base.drop((name) => {
      const found = parseSegmentName(name.replace(/^wal\//, ""), segmentBytes);
      return found !== undefined && found.segment < first;
    });
  }
}
