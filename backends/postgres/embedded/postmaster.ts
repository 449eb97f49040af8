import { delay } from "@std/async/delay";
import { join } from "node:path";
import { EmbeddedError, outputError, systemError } from "../../local_server/errors.ts";
import { privateDirectory, serverCommand, type ServerUser } from "../../local_server/run_as.ts";
import { readPostmasterFile, serverState } from "./server_state.ts";
import { latestLog, LOG_SETTINGS, trimLogs } from "./server_log.ts";

/** How the server of a cluster is started. */
export interface Postmaster {
  readonly cluster: string;
  readonly programs: string;
  readonly logs: string;
  readonly socketDir: string;
  /** Names the socket; also the TCP port where `listen` is given. */
  readonly port: number;
  readonly user: ServerUser;
  /** An address to listen on besides the socket; nothing else when left out. */
  readonly listen?: string;
  /** Off only for tests whose data may be lost with the machine. */
  readonly fsync: boolean;
  /** Over all else, such as where a recovery ends. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A server this process started. */
export interface StartedServer {
  readonly pid: number;
  /** Resolves when the process is gone; until it is called, the server does not keep this process alive. */
  exited(): Promise<void>;
}

/** How often the server's state is read while it starts or stops, in milliseconds. */
const POLL_MS = 5;

/** How long the processes of a killed server may take to notice and leave, in milliseconds. */
const OLD_PROCESSES_MS = 15_000;

/** The most characters kept of a failing server's output. */
const MAX_OUTPUT = 16_384;

/** How long the log writer of a failed server may take to end, in milliseconds. */
const LAST_WORDS_MS = 2000;

/** How long a stop may take, in milliseconds: it writes everything that is dirty to the disk. */
const STOP_MS = 300_000;

/**
 * What this program promises about the data it keeps. It is on the command line, where nothing in the cluster
 * can weaken it.
 */
const PROMISES = { synchronous_commit: "on", full_page_writes: "on" };

/**
 * Starts the server in a session of its own (so that neither the terminal's Ctrl-C nor our end reaches it)
 * and waits until it is ready, however long recovery takes. Call it when the cluster's server is absent or
 * stale.
 * @throws EmbeddedError telling why it did not start.
 */
export async function startPostmaster(server: Postmaster): Promise<StartedServer> {
  await privateDirectory(server.logs, server.user);
  await privateDirectory(server.socketDir, server.user);
  await trimLogs(server.logs);
  const giveUpAt = performance.now() + OLD_PROCESSES_MS;
  for (;;) {
    const attempt = await tryStart(server);
    if ("pid" in attempt) return attempt;
    const hopeful = await isOldServersTrace(server.cluster, attempt.output);
    if (!hopeful || performance.now() > giveUpAt) {
      throw outputError(attempt.output, "starting the server", server.cluster);
    }
    await delay(POLL_MS);
  }
}

/** Waits until the cluster's server is ready (true), or until there is none (false). */
export async function awaitReady(cluster: string): Promise<boolean> {
  const giveUpAt = performance.now() + STOP_MS;
  let beginningUntil: number | undefined;
  while (performance.now() < giveUpAt) {
    const state = await serverState(cluster);
    if (state.kind === "ready") return true;
    if (state.kind === "absent" || state.kind === "stale") return false;
    if (state.kind === "silent") throw unanswered(cluster, state.postmaster.pid);
    // no status and no socket is an instant's matter, unless the server died in that instant
    if (state.postmaster.status === undefined) beginningUntil ??= performance.now() + OLD_PROCESSES_MS;
    if (beginningUntil !== undefined && performance.now() > beginningUntil) return false;
    await delay(POLL_MS);
  }
  throw new EmbeddedError(
    "failed",
    `The server of ${cluster} became neither ready nor gone: look at its log`,
  );
}

/** Stops the cluster's server cleanly and waits until it is gone; does nothing when there is none. */
export async function stopPostmaster(
  server: Pick<Postmaster, "cluster" | "programs" | "user">,
): Promise<void> {
  const state = await serverState(server.cluster);
  if (state.kind === "absent" || state.kind === "stale") return;
  const args = ["stop", "--pgdata", server.cluster, "--mode", "fast", "--no-wait"];
  const output = await serverCommand(server.user, join(server.programs, "bin/pg_ctl"), args).output();
  if (!output.success && (await serverState(server.cluster)).kind === "ready") {
    throw outputError(new TextDecoder().decode(output.stderr), "stopping the server", server.cluster);
  }
  await awaitGone(server.cluster, state.postmaster.pid);
}

async function awaitGone(cluster: string, pid: number): Promise<void> {
  const giveUpAt = performance.now() + STOP_MS;
  for (let polls = 1; (await readPostmasterFile(cluster))?.pid === pid; polls++) {
    // one that is killed while it stops leaves its file; asking on the socket is rare, for it delays the stop
    if (polls % 200 === 0 && (await serverState(cluster)).kind === "stale") return;
    if (performance.now() > giveUpAt) {
      throw new EmbeddedError(
        "failed",
        `The server of ${cluster} (process ${pid}) does not stop: look at its log`,
      );
    }
    await delay(POLL_MS);
  }
}

async function tryStart(server: Postmaster): Promise<StartedServer | { output: string }> {
  const startedAt = Date.now();
  const child = launch(server);
  child.unref();
  const errors = collect(child.stderr);
  let gone = false;
  child.status.then(() => gone = true);
  while (!gone && !await isReady(server.cluster, child.pid)) await delay(POLL_MS);
  const text = await errors.stop(gone ? LAST_WORDS_MS : 0);
  if (gone) {
    return {
      output: `${text}
${await latestLog(server.logs, startedAt)}`,
    };
  }
  return { pid: child.pid, exited: () => exited(child) };
}

/** Waits for the end of a child that this process did not wait for until now, and that may have ended a moment ago. */
export async function exited(child: Pick<Deno.ChildProcess, "ref" | "status">): Promise<void> {
  try {
    child.ref();
  } catch (error) {
    // Between the end of a child and the turn of the event loop that tells of it Deno has let go of it already.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
  await child.status;
}

function launch(server: Postmaster): Deno.ChildProcess {
  const program = join(server.programs, "bin/postgres");
  const settings = { ...PROMISES, ...LOG_SETTINGS, ...placeOf(server), ...server.settings };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  try {
    return serverCommand(server.user, program, ["-D", server.cluster, ...args], { detached: true }).spawn();
  } catch (error) {
    throw systemError(error, "starting the server", server.programs);
  }
}

function placeOf(server: Postmaster): Record<string, string> {
  return {
    fsync: server.fsync ? "on" : "off",
    listen_addresses: server.listen ?? "",
    port: `${server.port}`,
    unix_socket_directories: server.socketDir,
    unix_socket_permissions: "0700",
    log_directory: server.logs,
  };
}

async function isReady(cluster: string, pid: number): Promise<boolean> {
  const file = await readPostmasterFile(cluster);
  return file?.pid === pid && file.status === "ready";
}

/**
 * Whether a start failed for what a killed server left behind: processes that are still leaving, or a file
 * whose process id now belongs to another program (common in containers). PostgreSQL cannot tell that from a
 * running server; we can, since nothing listens on the socket, and remove the file.
 */
async function isOldServersTrace(cluster: string, output: string): Promise<boolean> {
  if (output.includes("pre-existing shared memory block")) return true;
  if (!output.includes('"postmaster.pid" already exists')) return false;
  if ((await serverState(cluster)).kind !== "stale") return false;
  await Deno.remove(join(cluster, "postmaster.pid"));
  return true;
}

/**
 * Reads what a starting server says until it is stopped, and keeps the beginning, where the reason is. The
 * stream ends with the last of the server's processes, its log writer, so that the log is complete then.
 */
function collect(stream: ReadableStream<Uint8Array>): { stop(timeoutMs: number): Promise<string> } {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const reading = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (text.length < MAX_OUTPUT) text += part.value;
    }
  })().catch(() => {});
  return {
    async stop(timeoutMs) {
      const timer = setTimeout(() => reader.cancel(), timeoutMs);
      await reading;
      clearTimeout(timer);
      await reader.cancel();
      return text;
    },
  };
}

function unanswered(cluster: string, pid: number): EmbeddedError {
  const remedy = `if it hangs or is suspended, end or continue process ${pid}`;
  return new EmbeddedError("failed", `The server of ${cluster} (process ${pid}) does not answer: ${remedy}`);
}
