import { join } from "node:path";
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
import { setUpPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { serverUser } from "../../../backends/local_server/run_as.ts";
import { unpack } from "../../../backends/postgres/embedded/unpack.ts";

/** How a test's server is started. */
export interface TestPostgresOptions {
  /** On unless said otherwise; off only where a test needs speed and proves nothing about durability. */
  readonly fsync?: boolean;
  /** A free one is chosen when left out. */
  readonly port?: number;
  /** The addresses it listens on; 127.0.0.1 when left out. */
  readonly listen?: string;
}

/**
 * A PostgreSQL 18 of a test's own, on a unix socket and on a loopback TCP port; anybody may come in as
 * `postgres`.
 */
export interface TestPostgres {
  /** Of the database `postgres`, over TCP. */
  readonly url: string;
  readonly socketDir: string;
  readonly port: number;
  readonly dataDir: string;
  /** Of the postmaster; changes with `start()`. */
  readonly pid: number;
  /** Makes an empty database and answers its URL. */
  freshDatabase(): Promise<string>;
  /** Runs one statement as the owner of everything, in the database `postgres` unless a URL names another. */
  administer(statement: string, url?: string): Promise<void>;
  /** Makes a database with an empty store and answers its URL. */
  freshStore(partitions?: number): Promise<string>;
  /** Takes TLS connections from now on, with the tests' own certificate, for 127.0.0.1 and localhost. */
  encrypt(): Promise<void>;
  /** Kills the postmaster as a crash would and waits until it is gone. */
  kill9(): Promise<void>;
  /** Stops the server cleanly, breaking off its connections, and waits until it is gone. */
  stopFast(): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
  /** Stops it, where it runs, and removes everything. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Taken between the choice of a free port and its use, a port is chosen anew this many times. */
const PORT_CHOICES = 5;

/** Starts a private PostgreSQL 18 in a temporary directory; under another user when this process is root. */
export async function startPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const layout = await prepareLayout(await Deno.makeTempDir({ prefix: "zaakstroom-postgres-" }));
  try {
    const user = await serverUser(layout.cluster);
    await unpack(await findBinaries(), layout.programs);
    await makeCluster({ ...layout, user, loopback: "trust" });
    const plan = { ...layout, user, listen: options.listen ?? "127.0.0.1", fsync: options.fsync ?? true };
    return await startSomewhere(plan, options.port);
  } catch (error) {
    await Deno.remove(layout.root, { recursive: true });
    throw error;
  }
}

type Plan = Omit<Postmaster, "port" | "socketDir"> & { readonly root: string };

async function startSomewhere(plan: Plan, asked: number | undefined): Promise<TestPostgres> {
  for (let choice = 1;; choice++) {
    const port = asked ?? freePort();
    const server = new TestServer({ ...plan, port, socketDir: socketDirectory(plan.root, port) }, plan.root);
    try {
      await server.start();
      return server;
    } catch (error) {
      const taken = /could not create any TCP\/IP sockets|could not bind/.test(`${error}`);
      if (!taken || asked !== undefined || choice === PORT_CHOICES) throw error;
    }
  }
}

class TestServer implements TestPostgres {
  #started: StartedServer | undefined;
  #databases = 0;

  constructor(readonly postmaster: Postmaster, readonly root: string) {}

  get url(): string {
    return this.#urlOf("postgres");
  }

  get socketDir(): string {
    return this.postmaster.socketDir;
  }

  get port(): number {
    return this.postmaster.port;
  }

  get dataDir(): string {
    return this.postmaster.cluster;
  }

  get pid(): number {
    if (this.#started === undefined) throw new Error("The test's PostgreSQL is not running");
    return this.#started.pid;
  }

  async start(): Promise<void> {
    if (this.#started !== undefined) throw new Error("The test's PostgreSQL is running already");
    this.#started = await startPostmaster(this.postmaster);
  }

  async freshDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    await this.administer(`create database ${name}`);
    return this.#urlOf(name);
  }

  async freshStore(partitions?: number): Promise<string> {
    const url = await this.freshDatabase();
    await setUpPostgres({ url, ...(partitions === undefined ? {} : { partitions }) });
    return url;
  }

  async encrypt(): Promise<void> {
    const { uid, gid } = await Deno.stat(this.dataDir);
    for (const name of ["server.pem", "server_key.pem"]) {
      const file = join(this.dataDir, name);
      await Deno.copyFile(new URL(`tls/${name}`, import.meta.url), file);
      await Deno.chmod(file, 0o600);
      await Deno.chown(file, uid, gid);
    }
    await this.administer("alter system set ssl_cert_file = 'server.pem'");
    await this.administer("alter system set ssl_key_file = 'server_key.pem'");
    await this.administer("alter system set ssl = on");
    await this.administer("select pg_reload_conf()");
  }

  async administer(statement: string, url = this.url): Promise<void> {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await sql.unsafe(statement).finally(() => sql.end());
  }

  async kill9(): Promise<void> {
    Deno.kill(this.pid, "SIGKILL");
    await this.#gone();
  }

  async stopFast(): Promise<void> {
    await stopPostmaster(this.postmaster);
    await this.#gone();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#started !== undefined) await this.stopFast();
    await Deno.remove(this.root, { recursive: true });
    if (!this.socketDir.startsWith(this.root)) await Deno.remove(this.socketDir, { recursive: true });
  }

  async #gone(): Promise<void> {
    await this.#started?.exited();
    this.#started = undefined;
  }

  #urlOf(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Signals the server and all that it forked: stopped, its connections stay open and nothing answers. */
export async function signalServer(pid: number, signal: Deno.Signal): Promise<void> {
  // The postmaster first: stopped, it starts no more of them.
  Deno.kill(pid, signal);
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  for (const each of children.split(" ").filter((text) => text !== "")) signalIfThere(Number(each), signal);
}

function signalIfThere(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It has ended since it was found.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
