import { join } from "node:path";
import { systemError } from "../../local_server/errors.ts";

/** What a running postmaster tells of itself in `postmaster.pid`. */
interface PostmasterFile {
  readonly pid: number;
  readonly socketDir: string;
  readonly port: number;
  /** Missing for an instant while it begins. */
  readonly status?: string;
}

/**
 * The state of the server of a cluster. `stale`: its file says it runs, but nothing listens on its socket (it
 * was killed). `silent`: a process listens and does not answer (it is stopped or hangs).
 */
type ServerState =
  | { readonly kind: "absent" }
  | {
    readonly kind: "stale" | "starting" | "ready" | "stopping" | "silent";
    readonly postmaster: PostmasterFile;
  };

/** How long a listening server may take to answer, in milliseconds. */
const ANSWER_MS = 5000;

/** The smallest question a PostgreSQL server answers before it asks who we are: "do you speak TLS?". */
const SSL_REQUEST = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Looks how the cluster's server is. The process id alone proves nothing, for ids are used again; an answer
 * on the socket does, because the socket is in a directory that only this cluster's server can write.
 */
export async function serverState(cluster: string): Promise<ServerState> {
  const postmaster = await readPostmasterFile(cluster);
  if (postmaster === undefined) return { kind: "absent" };
  const answer = await ask(join(postmaster.socketDir, `.s.PGSQL.${postmaster.port}`));
  if (answer === "silence") return { kind: "silent", postmaster };
  // a server listens before it writes its status, and until its end
  if (answer === "refused") {
    return { kind: postmaster.status === undefined ? "starting" : "stale", postmaster };
  }
  if (postmaster.status === "ready" || postmaster.status === "standby") return { kind: "ready", postmaster };
  return { kind: postmaster.status === "stopping" ? "stopping" : "starting", postmaster };
}

/** Reads `postmaster.pid` of the cluster; undefined when there is none, or when it is only half written. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  const lines = (await readIfThere(join(cluster, "postmaster.pid"))).split("\n");
  const [pid, , , port, socketDir, , , status] = lines.map((line) => line.trim());
  if (!pid || !port || !socketDir) return undefined;
  // a single-user server, which has no socket, writes a negative id
  if (Number(pid) <= 0) return undefined;
  const file = { pid: Number(pid), port: Number(port), socketDir };
  return status ? { ...file, status } : file;
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw systemError(error, "looking for a running server", path);
  }
}

async function ask(path: string): Promise<"answer" | "silence" | "refused"> {
  let connection: Deno.Conn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
      throw systemError(error, "connecting to the server", path);
    }
    return "refused";
  }
  using open = connection;
  return await answers(open) ? "answer" : "silence";
}

async function answers(connection: Deno.Conn): Promise<boolean> {
  const timer = setTimeout(() => connection.close(), ANSWER_MS);
  try {
    await connection.write(SSL_REQUEST);
    return await connection.read(new Uint8Array(1)) !== null;
  } catch {
    return false; // closed by the timer, or the server went away while we asked
  } finally {
    clearTimeout(timer);
  }
}
