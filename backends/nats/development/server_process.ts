/** The process of a development server: whether it runs, its start and its stop. Callers hold the start lock. @module */
import { delay } from "@std/async/delay";
import { join } from "node:path";
import { BackendUnusable } from "../../errors.ts";

/** The address of a server and its token, kept in its directory for other processes. */
export interface ServerPlace {
  readonly port: number;
  readonly token: string;
  /** The server's name, which distinguishes it from another program on the port. */
  readonly name: string;
}

const POLL_MS = 15;
/** How long a server may take to recover its streams, or to stop. */
const TIMEOUT_MS = 30_000;

const placeFile = (directory: string) => join(directory, "server.json");
const configFile = (directory: string) => join(directory, "server.conf");
const pidFile = (directory: string) => join(directory, "server.pid");
const logFile = (directory: string) => join(directory, "server.log");

/** Finds the server, or starts it on the port it had before, where its clients look for it. */
export async function ensureRunning(
  directory: string,
  findProgram: () => Promise<string>,
): Promise<ServerPlace> {
  const place = await readPlace(directory);
  if (place !== undefined && await answers(directory, place, () => isRunning(directory))) return place;
  return await start(directory, await findProgram(), place);
}

async function start(
  directory: string,
  program: string,
  before: ServerPlace | undefined,
): Promise<ServerPlace> {
  const port = before !== undefined && isFree(before.port) ? before.port : freePort();
  const { token = crypto.randomUUID(), name = `zaakstroom-${crypto.randomUUID()}` } = before ?? {};
  const place = { port, token, name };
  // Written before the start, so that the next process finds the server after a crash of this one.
  await writePrivate(placeFile(directory), JSON.stringify(place));
  await writePrivate(configFile(directory), configOf(directory, place));
  const child = new Deno.Command(program, {
    args: ["--config", configFile(directory)],
    cwd: directory,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    // Keeps a Ctrl-C in the terminal from the server: the node still has deliveries to settle.
    detached: true,
  }).spawn();
  child.unref();
  let ended = false;
  child.status.then(() => ended = true);
  if (await answers(directory, place, () => Promise.resolve(!ended))) return place;
  throw new BackendUnusable(`nats-server did not start: see ${logFile(directory)}`);
}

function configOf(directory: string, { port, token, name }: ServerPlace): string {
  return [
    `listen: "127.0.0.1:${port}"`,
    `server_name: "${name}"`,
    `authorization { token: "${token}" }`,
    `pid_file: ${JSON.stringify(pidFile(directory))}`,
    `log_file: ${JSON.stringify(logFile(directory))}`,
    "logfile_size_limit: 10MB",
    "logfile_max_num: 2",
    // Every acknowledged write is on the disk: by default a server syncs every two minutes.
    `jetstream { store_dir: ${JSON.stringify(join(directory, "store"))}, sync_interval: always }`,
    "",
  ].join("\n");
}

/** Asks the server to stop and waits until it is gone; does nothing when there is none. */
export async function stopServer(directory: string): Promise<void> {
  if (!await isRunning(directory)) return;
  const pid = await processId(directory);
  Deno.kill(pid, "SIGTERM");
  const giveUpAt = performance.now() + TIMEOUT_MS;
  while (await isRunning(directory)) {
    if (performance.now() > giveUpAt) {
      throw new BackendUnusable(`The nats-server of ${directory} (process ${pid}) does not stop: end it`);
    }
    await delay(POLL_MS);
  }
}

/** Process ids are reused, so the command line must name our configuration. */
async function isRunning(directory: string): Promise<boolean> {
  const pid = await processId(directory);
  if (Number.isNaN(pid)) return false;
  return (await commandLine(pid) ?? (exists(pid) ? configFile(directory) : "")).includes(
    configFile(directory),
  );
}

/** Empty when there is no such process; undefined when it cannot be read. */
async function commandLine(pid: number): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await new Deno.Command("ps", { args: ["-ww", "-p", `${pid}`, "-o", "args="] })
      .output();
    return stderr.length > 0 ? undefined : new TextDecoder().decode(stdout);
  } catch {
    return undefined;
  }
}

/** SIGCONT has no effect on a running process. */
function exists(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/** The process id that the server wrote; NaN when there is none. */
async function processId(directory: string): Promise<number> {
  return Number.parseInt(await Deno.readTextFile(pidFile(directory)).catch(() => ""), 10);
}

/** Waits until the server greets under its name (true), or has ended (false). */
async function answers(
  directory: string,
  place: ServerPlace,
  lives: () => Promise<boolean>,
): Promise<boolean> {
  const giveUpAt = performance.now() + TIMEOUT_MS;
  do {
    if ((await greeting(place.port)).includes(place.name)) return true;
    await delay(POLL_MS);
    if (performance.now() > giveUpAt) {
      const pid = await processId(directory);
      throw new BackendUnusable(`The nats-server of ${directory} (process ${pid}) does not answer: end it`);
    }
  } while (await lives());
  return false;
}

/** The first line a server sends to a client, before authentication. */
async function greeting(port: number): Promise<string> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const timer = setTimeout(() => connection.close(), 1_000);
    const buffer = new Uint8Array(8_192);
    const read = await connection.read(buffer);
    clearTimeout(timer);
    return new TextDecoder().decode(buffer.subarray(0, read ?? 0));
  } catch {
    return "";
  }
}

async function readPlace(directory: string): Promise<ServerPlace | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(placeFile(directory)));
  } catch {
    // There is none, or its writer was killed half way, before it started a server.
    return undefined;
  }
}

/** Writes the file atomically, readable for this user only. */
async function writePrivate(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text, { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
