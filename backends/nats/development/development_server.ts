/**
 * A nats-server for development: started by the first command that needs it and stopped by the last, on loopback, with every
 * acknowledged write on disk. Its data is in the same data directory as the embedded PostgreSQL's.
 * @module
 */
import { join } from "node:path";
import { defaultDataDir, prepareDataDir } from "../../local_server/data_directory.ts";
import { EmbeddedError } from "../../local_server/errors.ts";
import { lockHolder, signLock, takeIfFree, takeShared, whileLocked } from "../../local_server/file_lock.ts";
import { requireOwned } from "../../local_server/ownership.ts";
import { findProgram } from "./program.ts";
import { ensureRunning, type ServerPlace, stopServer } from "./server_process.ts";

/** This process's use of the server of a data directory. */
interface DevelopmentServer {
  readonly url: string;
  /** Keeps out other users of the machine, who can reach the port. */
  readonly token: string;
  /** Where its data is. */
  readonly dataDir: string;
  /** Starts it again, on the same port, if it died. Any of its users may call it. */
  revive(): Promise<void>;
  /** Ends this process's use; the last user stops the server. Legal twice. */
  close(): Promise<void>;
}

interface DevelopmentOptions {
  /** The data directory. Default: that of the embedded PostgreSQL. */
  readonly dataDir?: string;
  /** One node at a time may use a data directory; any number of clients may besides. */
  readonly role: "node" | "client";
}

/**
 * Joins the server of a data directory, or starts it. One that a killed process left behind is joined too.
 * Throws BackendUnusable where there is no nats-server, and EmbeddedError for a directory that can't be used.
 */
export async function openDevelopmentServer(
  { dataDir, role }: DevelopmentOptions,
): Promise<DevelopmentServer> {
  const root = await prepareDataDir(dataDir ?? defaultDataDir());
  const directory = join(root, "nats");
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  await requireOwned(directory);
  const use = new Use(directory);
  try {
    await use.begin(role);
    return use;
  } catch (error) {
    await use.close();
    throw error;
  }
}

class Use implements DevelopmentServer {
  readonly #locks: Deno.FsFile[] = [];
  #place: ServerPlace | undefined;
  #closing: Promise<void> | undefined;

  constructor(readonly dataDir: string) {}

  get url(): string {
    return `nats://127.0.0.1:${this.#place!.port}`;
  }

  get token(): string {
    return this.#place!.token;
  }

  async begin(role: DevelopmentOptions["role"]): Promise<void> {
    if (role === "node") this.#locks.push(await takeNodeLock(this.dataDir));
    await this.#alone(async () => {
      this.#locks.push(await takeShared(join(this.dataDir, "use.lock")));
      this.#place = await ensureRunning(this.dataDir, findProgram);
    });
  }

  async revive(): Promise<void> {
    if (this.#closing !== undefined) return;
    await this.#alone(async () => void await ensureRunning(this.dataDir, findProgram));
  }

  close(): Promise<void> {
    return this.#closing ??= this.#alone(() => this.#leave());
  }

  async #leave(): Promise<void> {
    for (const lock of this.#locks.splice(0)) lock.close();
    const last = await takeIfFree(join(this.dataDir, "use.lock"));
    if (last === undefined) return;
    using _held = last;
    await stopServer(this.dataDir);
  }

  /** Serialises starts and stops, so that they cannot race. */
  #alone<T>(act: () => Promise<T>): Promise<T> {
    return whileLocked(join(this.dataDir, "start.lock"), act, () => {});
  }
}

async function takeNodeLock(directory: string): Promise<Deno.FsFile> {
  const path = join(directory, "node.lock");
  const lock = await takeIfFree(path);
  if (lock !== undefined) {
    await signLock(lock);
    return lock;
  }
  const holder = await lockHolder(path);
  const who = holder === undefined ? "another process" : `process ${holder}`;
  throw new EmbeddedError(
    "in_use",
    `The nats-server of ${directory} is in use by the node of ${who}: stop that one, or choose another --data-dir`,
  );
}
