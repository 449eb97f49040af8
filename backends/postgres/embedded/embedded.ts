import { join } from "node:path";
import { hasCluster, makeCluster, removeUnfinished } from "./cluster.ts";
import { defaultDataDir } from "../../local_server/data_directory.ts";
import { EmbeddedError, systemError } from "../../local_server/errors.ts";
import { lockHolder, signLock, takeIfFree, takeShared, whileLocked } from "../../local_server/file_lock.ts";
import { isIntact } from "./manifest.ts";
import { type Layout, prepareLayout, requireReachable, socketDirectory } from "./layout.ts";
import { findBinaries } from "./platform.ts";
import { awaitReady, type StartedServer, startPostmaster, stopPostmaster } from "./postmaster.ts";
import { serverUser } from "../../local_server/run_as.ts";
import { readPostmasterFile } from "./server_state.ts";
import { removeQuietly, unpack } from "./unpack.ts";

/** This process's use of the PostgreSQL server that belongs to a data directory. */
export interface EmbeddedPostgres {
  /** For postgres.js: `host` is the directory of a unix socket. */
  readonly connection: { host: string; port: number; user: string; database: string };
  /** The data directory's real path. */
  readonly dataDir: string;
  /**
   * What opening did: made the database, started the server, took over one whose users all died, or joined a
   * server others use.
   */
  readonly opened: "initialised" | "started" | "adopted" | "joined";
  /**
   * Starts the server again if it died (connections are refused). Any of its users may call it, also at once:
   * it is started once, on the same socket. Answers what it found.
   */
  revive(): Promise<"running" | "started">;
  /** Ends this process's use; the last user stops the server cleanly. Calling it again does nothing. */
  close(): Promise<void>;
}

/** How to open the embedded PostgreSQL. */
interface EmbeddedOptions {
  /** The data directory; `defaultDataDir()` when left out. */
  dataDir?: string;
  /** One node at a time may use a data directory; any number of clients may besides. */
  role: "node" | "client";
  log?: (line: string, fields?: Record<string, unknown>) => void;
}

/** The name of the database, and of the role that owns it: it is no superuser. */
const NAME = "zaakstroom";

/** Names the socket; nothing listens on TCP. */
const PORT = 5432;

/**
 * Opens the PostgreSQL of a data directory: makes the database where there is none, starts the server where
 * none runs, and uses the running one otherwise. What a process killed at any instant left behind is put
 * right.
 * @throws EmbeddedError with one line that says what is wrong, where, and what to do.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  if (Deno.build.os === "windows") throw onWindows();
  const layout = await prepareLayout(options.dataDir ?? defaultDataDir());
  const server = new EmbeddedServer(layout, options.log ?? (() => {}));
  try {
    return await server.open(options.role);
  } catch (error) {
    server.letGo();
    throw systemError(error, "opening the embedded PostgreSQL", layout.root);
  }
}

/** A unix socket keeps other users of the machine out of the data; Deno has none on Windows. */
function onWindows(): EmbeddedError {
  return new EmbeddedError(
    "unsupported_platform",
    "The embedded PostgreSQL does not run on Windows: bring a PostgreSQL server with --url",
  );
}

class EmbeddedServer implements EmbeddedPostgres {
  readonly connection: EmbeddedPostgres["connection"];
  readonly dataDir: string;
  opened: EmbeddedPostgres["opened"] = "joined";
  /** Held as long as this process uses the server: shared by all users, and exclusively by the node. */
  readonly #locks: Deno.FsFile[] = [];
  #started: StartedServer | undefined;
  #closing: Promise<void> | undefined;

  constructor(readonly layout: Layout, readonly log: NonNullable<EmbeddedOptions["log"]>) {
    this.dataDir = layout.root;
    this.connection = { host: socketDirectory(layout.root, PORT), port: PORT, user: NAME, database: NAME };
  }

  async open(role: EmbeddedOptions["role"]): Promise<this> {
    if (role === "node") this.#locks.push(await takeNodeLock(this.layout));
    const begun = performance.now();
    this.opened = await this.#alone(async () => {
      const others = await this.#joinUsers();
      const found = await this.#ensureRunning();
      return found !== "running" ? found : others ? "joined" : "adopted";
    });
    const ms = Math.round(performance.now() - begun);
    this.log("Embedded PostgreSQL is ready", { opened: this.opened, dataDir: this.dataDir, ms });
    return this;
  }

  async revive(): Promise<"running" | "started"> {
    if (this.#closing !== undefined) throw new EmbeddedError("failed", "This embedded PostgreSQL was closed");
    const found = await this.#alone(() => this.#ensureRunning());
    if (found === "running") return found;
    this.log("Embedded PostgreSQL had stopped and was started again", { dataDir: this.dataDir });
    return "started";
  }

  close(): Promise<void> {
    return this.#closing ??= this.#alone(() => this.#leave());
  }

  letGo(): void {
    for (const lock of this.#locks.splice(0)) lock.close();
  }

  /** Starts and stops run one at a time, so they never race. */
  #alone<T>(act: () => Promise<T>): Promise<T> {
    return whileLocked(this.layout.startLock, act, () => {
      this.log("Waiting for another process that starts or stops the server", { dataDir: this.dataDir });
    });
  }

  /** @returns whether others use the server already */
  async #joinUsers(): Promise<boolean> {
    const free = await takeIfFree(this.layout.useLock);
    free?.close();
    this.#locks.push(await takeShared(this.layout.useLock));
    return free === undefined;
  }

  async #leave(): Promise<void> {
    this.letGo();
    const last = await takeIfFree(this.layout.useLock);
    if (last === undefined) return;
    using _held = last;
    await stopPostmaster({ ...this.layout, user: await serverUser(this.layout.cluster) });
    await this.#started?.exited();
    await removeSocketDirectory(this.connection.host, this.dataDir);
    this.log("Embedded PostgreSQL is stopped", { dataDir: this.dataDir });
  }

  async #ensureRunning(): Promise<"running" | "started" | "initialised"> {
    if (await awaitReady(this.layout.cluster)) return "running";
    const { layout } = this;
    const user = await serverUser(layout.cluster);
    await requireReachable(layout, user);
    await removeUnfinished(layout.root);
    const present = await hasCluster(layout.cluster);
    await ensurePrograms(layout);
    if (!present) await makeCluster({ ...layout, database: NAME, user, loopback: "reject" });
    const { host: socketDir, port } = this.connection;
    this.#started = await startPostmaster({ ...layout, user, socketDir, port, fsync: true });
    return present ? "started" : "initialised";
  }
}

/**
 * Unpacks this version where it is not yet or not as it was unpacked, and removes older ones, which nothing runs from
 * now. What is there as it was is good: a program without PostgreSQL of its own can use what another one unpacked.
 */
async function ensurePrograms(layout: Layout): Promise<void> {
  if (await isIntact(layout.programs)) return;
  await unpack(await findBinaries(), layout.programs);
  for await (const entry of Deno.readDir(layout.root)) {
    const path = join(layout.root, entry.name);
    if (entry.name.startsWith("pgsql-") && path !== layout.programs) await removeQuietly(path);
  }
}

/** Leaves nothing behind outside the data directory. */
async function removeSocketDirectory(path: string, dataDir: string): Promise<void> {
  if (!path.startsWith(dataDir)) await removeQuietly(path);
}

async function takeNodeLock(layout: Layout): Promise<Deno.FsFile> {
  const lock = await takeIfFree(layout.nodeLock);
  if (lock !== undefined) {
    await signLock(lock);
    return lock;
  }
  const holder = await lockHolder(layout.nodeLock);
  const who = holder === undefined ? "another process" : `process ${holder}`;
  throw new EmbeddedError(
    "in_use",
    `The data directory ${layout.root} is in use by the node of ${who}: ` +
      `stop that one, or choose another --data-dir`,
  );
}

/** The process id of the data directory's server, if one runs; for status and tests. */
export async function serverProcessId(dataDir: string): Promise<number | undefined> {
  return (await readPostmasterFile(join(dataDir, "cluster")))?.pid;
}
