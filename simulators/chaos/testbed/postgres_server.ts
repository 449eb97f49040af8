/** PostgreSQL for chaos: the embedded one in a temporary directory, or the one a URL names. @module */
import postgres from "postgres";
import { makeCluster } from "../../../backends/postgres/embedded/cluster.ts";
import { prepareLayout, socketDirectory } from "../../../backends/postgres/embedded/layout.ts";
import { findBinaries } from "../../../backends/postgres/embedded/platform.ts";
import {
  type Postmaster,
  type StartedServer,
  startPostmaster,
  stopPostmaster,
} from "../../../backends/postgres/embedded/postmaster.ts";
import { serverUser } from "../../../backends/local_server/run_as.ts";
import { unpack } from "../../../backends/postgres/embedded/unpack.ts";
import { type ChaosServer, ExternalServer, freePort, storeName } from "./server.ts";

/**
 * Starts a PostgreSQL 18 of our own, under another user when this process is root. Without `syncs` it leaves it to the
 * system when to write to the disk: what a killed server had committed is safe then too, but for a power failure.
 */
export async function startManagedPostgres(syncs: boolean): Promise<ChaosServer> {
  const layout = await prepareLayout(await Deno.makeTempDir({ prefix: "zaakstroom-chaos-" }));
  try {
    const user = await serverUser(layout.cluster);
    await unpack(await findBinaries(), layout.programs);
    await makeCluster({ ...layout, user, loopback: "trust" });
    const port = freePort();
    const socketDir = socketDirectory(layout.root, port);
    const server = new ManagedPostgres(
      { ...layout, user, port, socketDir, listen: "127.0.0.1", fsync: syncs },
      layout.root,
    );
    await server.start();
    return server;
  } catch (error) {
    await Deno.remove(layout.root, { recursive: true });
    throw error;
  }
}

/** A PostgreSQL that is running already: stores are databases made on it, and removed again. */
export function useExternalPostgres(url: string): ChaosServer {
  return new ExternalPostgres(new URL(url));
}

class ExternalPostgres extends ExternalServer implements ChaosServer {
  readonly backend = "postgres";

  constructor(url: URL) {
    super(url, 5432);
  }

  urlOf(store: string, port?: number): string {
    const url = this.through(port);
    url.pathname = `/${store}`;
    return url.href;
  }

  async freshStore(): Promise<string> {
    const name = storeName();
    await this.#run(`create database ${name}`);
    return name;
  }

  async drop(store: string): Promise<void> {
    await this.#run(`drop database if exists ${store} with (force)`);
  }

  async #run(statement: string): Promise<void> {
    const sql = postgres(this.url.href, { max: 1, onnotice: () => {} });
    try {
      await sql.unsafe(statement);
    } finally {
      await sql.end();
    }
  }
}

class ManagedPostgres extends ExternalPostgres {
  #started: StartedServer | undefined;

  constructor(readonly postmaster: Postmaster, readonly root: string) {
    super(new URL(`postgres://postgres@127.0.0.1:${postmaster.port}/postgres`));
  }

  async start(): Promise<void> {
    this.#started = await startPostmaster(this.postmaster);
  }

  async kill9(): Promise<void> {
    if (this.#started === undefined) return;
    Deno.kill(this.#started.pid, "SIGKILL");
    await this.#gone();
  }

  async loseDisk(): Promise<void> {
    await this.kill9();
    await Deno.remove(this.postmaster.cluster, { recursive: true });
  }

  async adoptDisk(cluster: string): Promise<void> {
    await Deno.rename(cluster, this.postmaster.cluster);
  }

  async #gone(): Promise<void> {
    await this.#started?.exited();
    this.#started = undefined;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    if (this.#started !== undefined) await stopPostmaster(this.postmaster);
    await this.#gone();
    await Deno.remove(this.root, { recursive: true });
    const { socketDir } = this.postmaster;
    if (!socketDir.startsWith(this.root)) await Deno.remove(socketDir, { recursive: true }).catch(() => {});
  }
}
