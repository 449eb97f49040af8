import { createHash } from "node:crypto";
import { join } from "node:path";
import { EmbeddedError, systemError } from "./errors.ts";
import { POSTGRES_VERSION } from "../postgres/embedded/platform.ts";
import { firstUnreachable, type ServerUser } from "./run_as.ts";

/** Where everything is inside a data directory. All paths are absolute and free of links. */
export interface Layout {
  readonly root: string;
  /** PostgreSQL's own data. */
  readonly cluster: string;
  /** The unpacked programs. */
  readonly programs: string;
  readonly logs: string;
  /** Held shared by every process that uses the server. */
  readonly useLock: string;
  /** Held exclusively while the server is being started or stopped. */
  readonly startLock: string;
  /** Held exclusively by the one node. */
  readonly nodeLock: string;
}

/** A unix socket's path fits in this many bytes on Linux; macOS and the BSDs take four less. */
const SOCKET_PATH_BYTES = Deno.build.os === "linux" ? 107 : 103;

/**
 * Where data goes when nobody says: `/var/lib/zaakstroom` for root, else the platform's place for a user's
 * data.
 * @throws EmbeddedError `failed` when the environment does not tell where the user's home is.
 */
export function defaultDataDir(): string {
  if (Deno.build.os === "windows") return join(homeFrom("LOCALAPPDATA"), "zaakstroom");
  if (Deno.uid() === 0) return "/var/lib/zaakstroom";
  if (Deno.build.os === "darwin") return join(homeFrom("HOME"), "Library/Application Support/zaakstroom");
  const data = Deno.env.get("XDG_DATA_HOME");
  // the XDG convention says to ignore a relative path
  return data?.startsWith("/") ? join(data, "zaakstroom") : join(homeFrom("HOME"), ".local/share/zaakstroom");
}

/**
 * Makes the data directory where it does not exist, and answers where things are in it.
 * @throws EmbeddedError when it cannot be made, is no directory, or cannot be written.
 */
export async function prepareDataDir(path: string): Promise<Layout> {
  try {
    const made = await makeDirectory(path);
    const root = await Deno.realPath(path);
    if (Deno.uid() === 0) await letPass(root, made);
    return layoutOf(root);
  } catch (error) {
    throw notADirectory(error, path) ?? systemError(error, "preparing the data directory", path);
  }
}

/** Where everything is in the data directory at this real path. */
function layoutOf(root: string): Layout {
  return {
    root,
    cluster: join(root, "cluster"),
    programs: join(root, `pgsql-${POSTGRES_VERSION}`),
    logs: join(root, "logs"),
    useLock: join(root, "use.lock"),
    startLock: join(root, "start.lock"),
    nodeLock: join(root, "node.lock"),
  };
}

/**
 * The directory for the server's socket: inside the data directory, or, where its path would be too long for
 * a socket, a short one in `/tmp` whose name is always the same for this data directory.
 */
export function socketDirectory(root: string, port: number): string {
  const inside = join(root, "run");
  if (new TextEncoder().encode(join(inside, `.s.PGSQL.${port}`)).length <= SOCKET_PATH_BYTES) return inside;
  return `/tmp/zaakstroom-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`;
}

/** @throws EmbeddedError `unreachable_directory` naming the first directory the server's user cannot pass. */
export async function requireReachable(layout: Layout, user: ServerUser): Promise<void> {
  const blocked = await firstUnreachable(layout.root, user);
  if (blocked === undefined) return;
  throw new EmbeddedError(
    "unreachable_directory",
    `PostgreSQL runs as ${user.name}, who cannot reach ${layout.root} through ${blocked}: ` +
      `allow it with chmod o+x ${blocked}, or choose another --data-dir`,
  );
}

function homeFrom(variable: string): string {
  const home = Deno.env.get(variable);
  if (home) return home;
  throw new EmbeddedError(
    "failed",
    `No place for data is known because ${variable} is not set: give --data-dir`,
  );
}

async function makeDirectory(path: string): Promise<boolean> {
  if (await Deno.stat(path).then((info) => info.isDirectory, () => false)) return false;
  await Deno.mkdir(path, { recursive: true, mode: Deno.uid() === 0 ? 0o711 : 0o700 });
  return true;
}

/**
 * Root's server runs as another user, who must pass through the data directory but need not see what is in
 * it. What is private in there (the cluster, the socket, the logs, the locks) is closed on its own.
 */
async function letPass(root: string, made: boolean): Promise<void> {
  const { mode, uid } = await Deno.stat(root);
  if (uid !== 0 || mode === null) return;
  if (made || (mode & 0o011) !== 0o011) await Deno.chmod(root, (mode & 0o777) | 0o011);
}

function notADirectory(error: unknown, path: string): EmbeddedError | undefined {
  if (!(error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory)) {
    return undefined;
  }
  return new EmbeddedError(
    "failed",
    `The data directory ${path} is a file or lies under one: remove it, or choose another with --data-dir`,
    { cause: error },
  );
}
