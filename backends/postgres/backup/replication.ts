/** A connection that speaks PostgreSQL's replication protocol: backups and the write-ahead log come over it. @module */
import type { Duplex, Readable } from "node:stream";
import { BackupError } from "../../backup/errors.ts";
import { formatLsn, type Lsn, parseLsn } from "../../backup/wal_position.ts";
import { driverOptions, type PostgresTarget, processSurroundings } from "../connection/driver_options.ts";
import { codeOf, translate } from "../connection/errors.ts";
import { dialerOf, openPool, type Sql } from "../connection/pool.ts";

/** What a server is. */
export interface ServerIdentity {
  readonly systemId: string;
  readonly timeline: number;
  readonly segmentBytes: number;
}

/** Messages of a stream, each whole; breaking off ends the connection. */
type Messages = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** What the server sends, and how it is answered. */
export interface LogStream {
  readonly messages: Messages;
  send(message: Uint8Array): void;
}

/** Messages that may wait for their reader before the server is asked to wait. */
const QUEUE_MAX = 64;

export class ReplicationSession {
  readonly #sql: Sql;

  /**
   * The name is by what the server knows it: one that it waits for with each commit (synchronous_standby_names), say. `database`: of
   * one database, whose changes it can decode.
   */
  constructor(target: PostgresTarget, name = "zaakstroom_backup", of: "server" | "database" = "server") {
    const driver = driverOptions(target, processSurroundings);
    const settings = {
      ...driver.settings,
      replication: of === "server" ? "true" : "database",
      statement_timeout: "0",
      application_name: name,
    };
    const options = { ...driver, settings };
    this.#sql = openPool(options, dialerOf(options), { connections: 1, pooler: true });
  }

  async identify(): Promise<ServerIdentity> {
    const [system] = await this.#command("IDENTIFY_SYSTEM");
    const [size] = await this.#command("SHOW wal_segment_size");
    return {
      systemId: system!.systemid as string,
      timeline: system!.timeline as number,
      segmentBytes: bytesOf(size!.wal_segment_size as string),
    };
  }

  /** Makes the server keep its log from now on until this connection ends. Answers from where it does. */
  async holdLog(): Promise<Lsn> {
    const name = `zaakstroom_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
    await this.#command(`CREATE_REPLICATION_SLOT ${name} TEMPORARY PHYSICAL (RESERVE_WAL true)`);
    return await this.slot(name) as Lsn;
  }

  /** Makes a slot, which makes the server keep its log until it was streamed, however long that takes. */
  async createSlot(name: string): Promise<void> {
    await this.#command(`CREATE_REPLICATION_SLOT ${name} PHYSICAL (RESERVE_WAL true)`);
  }

  /** From where a slot holds the log; `lost` where the server gave it up, undefined where there is no such slot. */
  async slot(name: string): Promise<Lsn | "lost" | undefined> {
    const [found] = await this.#command(`READ_REPLICATION_SLOT ${name}`);
    if (!found?.slot_type) return undefined;
    return found.restart_lsn === null ? "lost" : parseLsn(found.restart_lsn as string);
  }

  async dropSlot(name: string): Promise<void> {
    await this.#command(`DROP_REPLICATION_SLOT ${name}`);
  }

  /** A base backup: archives and the server's manifest, as messages. */
  async baseBackup(label: string, isUnhurried = false): Promise<Messages> {
    const quoted = `'${label.replaceAll("'", "''")}'`;
    // A fast checkpoint writes everything at once, and whoever appends waits for it.
    const checkpoint = isUnhurried ? "spread" : "fast";
    const stream: Readable = await this.#sql.unsafe(
      `BASE_BACKUP (LABEL ${quoted}, CHECKPOINT '${checkpoint}', WAIT false, MANIFEST 'yes')`,
    ).readable().catch(refused);
    return messagesOf(stream);
  }

  /** The log from a place on, as it is written; replies go by `send`. */
  async streamLog(
    from: string,
    timeline: number,
    slot?: string,
  ): Promise<LogStream> {
    const by = slot === undefined ? "" : `SLOT ${slot} `;
    return await this.#stream(`START_REPLICATION ${by}PHYSICAL ${from} TIMELINE ${timeline}`);
  }

  /** Makes a slot that decodes changes. Answers with the snapshot that they go on from, which lives until the next command. */
  async createLogicalSlot(name: string): Promise<{ readonly snapshot: string; readonly from: Lsn }> {
    const [made] = await this.#command(
      `CREATE_REPLICATION_SLOT ${name} LOGICAL pgoutput (SNAPSHOT 'export')`,
    );
    return { snapshot: made!.snapshot_name as string, from: parseLsn(made!.consistent_point as string) };
  }

  /** The changes of a publication from a place on, decoded by pgoutput; logical messages among them. */
  async streamChanges(slot: string, publication: string, from: Lsn): Promise<LogStream> {
    const options = `proto_version '1', publication_names '"${publication}"', messages 'true'`;
    return await this.#stream(`START_REPLICATION SLOT ${slot} LOGICAL ${formatLsn(from)} (${options})`);
  }

  async #stream(command: string): Promise<LogStream> {
    const stream = await this.#sql.unsafe(command).writable().catch(refused) as Duplex;
    return { messages: messagesOf(stream), send: (message) => void stream.write(message) };
  }

  /** Ends the connection, whatever is under way on it. */
  async close(): Promise<void> {
    await this.#sql.end({ timeout: 0 }).catch(() => {});
  }

  #command(text: string): Promise<Record<string, unknown>[]> {
    return this.#sql.unsafe(text).catch(refused) as Promise<Record<string, unknown>[]>;
  }
}

/** Throws the error of a command again, in the words of who can do something about it. */
function refused(error: unknown): never {
  const code = codeOf(error);
  const message = (error as Error).message;
  if (code === "42501" || code === "28000") {
    throw new BackupError(
      "unusable",
      `The server refuses a backup to this role (${code}): grant it REPLICATION, ` +
        "as setup --print-roles does for the role backup, and let it in by a replication line of pg_hba.conf",
    );
  }
  if (code === "55000" && /wal_level/.test(message)) {
    throw new BackupError(
      "unusable",
      "The server keeps too little log: set wal_level to replica for a backup, to logical for changes",
    );
  }
  if (code === "58P01") throw new BackupError("unreachable", "The server has removed the log from there on");
  if (code === "55006") {
    throw new BackupError("in_use", "The slot is used by another backup stream: end that one");
  }
  if (code === "53400" || code === "53300") {
    throw new BackupError(
      "unusable",
      `The server has no place for a backup (${code}): raise its max_wal_senders ` +
        "and max_replication_slots",
    );
  }
  throw translate(error);
}

function bytesOf(size: string): number {
  const [, count, unit] = /^(\d+)(MB|GB)$/.exec(size)!;
  return Number(count) * (unit === "GB" ? 1 << 30 : 1 << 20);
}

/** The messages of a stream: its chunks, none split and none joined, as long as it flows. */
async function* messagesOf(stream: Readable): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const queue: Uint8Array<ArrayBuffer>[] = [];
  let [ended, failure] = [false, undefined as unknown];
  let arrived = Promise.withResolvers<void>();
  stream.on("data", (message: Uint8Array<ArrayBuffer>) => {
    queue.push(message);
    if (queue.length >= QUEUE_MAX) stream.pause();
    arrived.resolve();
  });
  stream.on("error", (error: unknown) => (failure = error, arrived.resolve()));
  stream.on("close", () => (ended = true, arrived.resolve()));
  stream.on("end", () => (ended = true, arrived.resolve()));
  for (;;) {
    const next = queue.shift();
    if (next !== undefined) {
      if (queue.length === 0 && stream.isPaused()) stream.resume();
      yield next;
    } else if (failure !== undefined) refused(failure);
    else if (ended) return;
    else {
      arrived = Promise.withResolvers();
      await arrived.promise;
    }
  }
}
