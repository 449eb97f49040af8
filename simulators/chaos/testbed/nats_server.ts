/** NATS for chaos: a nats-server found on this machine and started in a temporary directory, or the one a URL names. @module */
import { connect } from "@nats-io/transport-deno";
import { type AsideServer, type ChaosServer, ExternalServer, freePort, storeName } from "./server.ts";

/** JetStream's atomic batches came with 2.12. */
const OLDEST_MINOR = 12;

/** The path of a nats-server that is new enough: NATS_SERVER, PATH, or where the tests keep theirs; else undefined. */
export async function findNatsServer(): Promise<string | undefined> {
  const home = Deno.env.get("HOME");
  const places = [
    Deno.env.get("NATS_SERVER"),
    "nats-server",
    home && `${home}/.cache/zaakstroom/nats-server/wheel/bin/nats-server`,
    home && `${home}/.cache/zaakstroom/nats-server/go/nats-server`,
  ];
  for (const place of places) if (place !== undefined && await isRecent(place)) return place;
  return undefined;
}

async function isRecent(program: string): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command(program, { args: ["--version"], stderr: "null" }).output();
    const version = /v(\d+)\.(\d+)/.exec(new TextDecoder().decode(stdout));
    return version !== null && (Number(version[1]) > 2 || Number(version[2]) >= OLDEST_MINOR);
  } catch {
    return false;
  }
}

/** Starts a nats-server with JetStream, that syncs every write or leaves that to the system. */
export async function startManagedNats(program: string, syncs: boolean): Promise<ManagedNats> {
  const root = await Deno.makeTempDir({ prefix: "zaakstroom-chaos-" });
  const server = new ManagedNats(program, root, freePort(), syncs);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** A NATS that is running already: stores are streams made on it, and removed again. */
export function useExternalNats(url: string): ChaosServer {
  return new ExternalNats(new URL(url));
}

class ExternalNats extends ExternalServer implements ChaosServer {
  readonly backend = "nats";

  constructor(url: URL) {
    super(url, 4222);
  }

  urlOf(_store: string, port?: number): string {
    return this.through(port).href;
  }

  freshStore(): Promise<string> {
    return Promise.resolve(storeName().toUpperCase());
  }

  async drop(store: string): Promise<void> {
    const parts = ["log", "index", "ingest", "inbox"].map((part) => `${store}_${part}`);
    for (const stream of [...parts, `KV_${store}_leases`, `KV_${store}_secret`]) {
      await jetStreamApi(this.url.href, `STREAM.DELETE.${stream}`);
    }
  }
}

class ManagedNats extends ExternalNats {
  #child: Deno.ChildProcess | undefined;

  constructor(
    readonly program: string,
    readonly root: string,
    port: number,
    readonly syncs: boolean,
  ) {
    super(new URL(`nats://127.0.0.1:${port}`));
    const store = JSON.stringify(`${root}/store`);
    const jetStream = `jetstream { store_dir: ${store}${syncs ? ", sync_interval: always" : ""} }`;
    Deno.writeTextFileSync(`${root}/server.conf`, `listen: "127.0.0.1:${port}"\n${jetStream}\n`);
  }

  async start(): Promise<void> {
    const args = ["--config", `${this.root}/server.conf`, "--log", `${this.root}/server.log`];
    // A Ctrl-C of the terminal is for us, not for the server.
    const command = new Deno.Command(this.program, { args, stdout: "null", stderr: "null", detached: true });
    const child = command.spawn();
    this.#child = child;
    const ended = child.status.then(() => {
      throw new Error("nats-server ended while it started");
    });
    ended.catch(() => {});
    await Promise.race([answers(this.url.href), ended]);
  }

  async kill9(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    try {
      child?.kill("SIGKILL");
    } catch {
      // It ended by itself.
    }
    await child?.status;
  }

  async loseDisk(): Promise<void> {
    await this.kill9();
    await Deno.remove(`${this.root}/store`, { recursive: true });
  }

  async adoptDisk(store: string): Promise<void> {
    await Deno.rename(store, `${this.root}/store`);
  }

  async startAside(): Promise<AsideServer> {
    const aside = await startManagedNats(this.program, this.syncs);
    return {
      url: aside.urlOf(""),
      stop: async () => {
        await aside.kill9();
        return `${aside.root}/store`;
      },
      [Symbol.asyncDispose]: () => aside[Symbol.asyncDispose](),
    };
  }

  override async drop(): Promise<void> {
    // It goes with its server.
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.kill9();
    await Deno.remove(this.root, { recursive: true });
  }
}

/** Resolves when a server takes a connection: it does so once its streams are recovered. */
async function answers(url: string): Promise<void> {
  const connection = await connect({
    servers: url,
    waitOnFirstConnect: true,
    reconnectTimeWait: 20,
    maxReconnectAttempts: 1_000,
  });
  await connection.close();
}

/** One request to JetStream's API, on a connection of its own. */
async function jetStreamApi(url: string, subject: string): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    await connection.request(`$JS.API.${subject}`, "", { timeout: 5_000 });
  } finally {
    await connection.close();
  }
}
