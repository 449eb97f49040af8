/** What the demos need besides the package: a node on a server of the user's, or on one started in a temporary directory. @module */
import { parseArgs } from "@std/cli/parse-args";
import { noopObserver } from "../../actors/observer.ts";
import { processors } from "../../actors/application.ts";
import { defaultSupervisorOptions, Supervisor } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import type { NatsOptions } from "../../backends/nats/setup/options.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";

/** A server, for a publisher and for a node. */
interface DemoStore {
  readonly url: string;
  /** Of a nats-server of its own. */
  readonly natsOptions: Omit<NatsOptions, "url">;
  readonly backend: Backend;
  close(): Promise<void>;
}

/** A node at work. Disposing of it stops its server too, where that is its own. */
export interface DemoNode extends AsyncDisposable, Pick<DemoStore, "url" | "natsOptions"> {
  /** The events of a case as they are stored, until it is completed. */
  follow(caseId: string): AsyncGenerator<StoredEvent>;
}

/** Starts a node on the server at `url`; on one of its own without. */
export async function startDemoNode(name: "postgres" | "nats", url?: string): Promise<DemoNode> {
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-demo-" });
  await Deno.chmod(directory, 0o711); // as root the database runs as another user, who must pass
  const store = await (name === "nats" ? openNatsStore : openPostgresStore)(directory, url)
    .catch((error) => Deno.remove(directory, { recursive: true }).then(() => Promise.reject(error)));
  const supervisor = new Supervisor(store.backend, processors, noopObserver, defaultSupervisorOptions(1));
  await supervisor.start();
  return {
    url: store.url,
    natsOptions: store.natsOptions,
    follow: (caseId) => followCase(store.backend, caseId),
    async [Symbol.asyncDispose]() {
      await supervisor.stop(10_000);
      await store.backend.close();
      await store.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

async function openPostgresStore(dataDir: string, given?: string): Promise<DemoStore> {
  const { openPostgres } = await import("../../backends/postgres/postgres_backend.ts");
  const { openEmbedded } = await import("../../backends/postgres/embedded/embedded.ts");
  const own = given === undefined ? await openEmbedded({ role: "node", dataDir }) : undefined;
  const { host, port, user, database } = own?.connection ?? {};
  const url = given ?? `postgres://${user}@${encodeURIComponent(host!)}:${port}/${database}`;
  // An empty database gets its store here; one of another version is left for `setup`.
  const backend = await openPostgres({ url, migrate: "if-empty" });
  return { url, natsOptions: {}, backend, close: async () => await own?.close() };
}

async function openNatsStore(dataDir: string, given?: string): Promise<DemoStore> {
  const { openNats } = await import("../../backends/nats/nats_backend.ts");
  const { openDevelopmentServer } = await import("../../backends/nats/development/development_server.ts");
  const own = given === undefined ? await openDevelopmentServer({ role: "node", dataDir }) : undefined;
  const url = given ?? own!.url;
  const natsOptions = own === undefined ? {} : { credentials: { token: own.token } };
  const backend = await openNats({ url, ...natsOptions });
  return { url, natsOptions, backend, close: async () => await own?.close() };
}

async function* followCase(backend: Backend, caseId: string) {
  for (let seen = 0;;) {
    for await (const stored of backend.readCase(caseId)) {
      if (stored.version <= seen) continue;
      seen = stored.version;
      yield stored;
      if (stored.event.event_type === "case.completed") return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Runs a demo with the options it takes; exits with 2 for others, and with 1 and one line when it fails. */
export async function runDemo(
  options: readonly string[],
  demo: (urls: Readonly<Record<string, string | undefined>>) => Promise<void>,
): Promise<never> {
  // Without a value an option is an empty text, and what is no option stands under "_".
  const { _: rest, ...urls } = parseArgs(Deno.args, { string: [...options] });
  const wrong = [
    ...rest.map(String),
    ...Object.keys(urls).filter((name) => !urls[name] || !options.includes(name)),
  ];
  if (wrong.length > 0) return end(2, `This demo takes ${options.map((name) => `--${name} URL`).join(", ")}`);
  return await demo(urls).then(() => end(0), (error) => end(1, error.message));
}

function end(code: number, message?: string): never {
  // deno-lint-ignore no-console -- a program of the command line
  if (message !== undefined) console.error(message);
  Deno.exit(code);
}
