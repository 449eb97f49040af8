/** Where the embedded PostgreSQL keeps its files. @module */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { prepareDataDir } from "../../local_server/data_directory.ts";
import { EmbeddedError } from "../../local_server/errors.ts";
import { firstUnreachable, type ServerUser } from "../../local_server/run_as.ts";
import { POSTGRES_VERSION } from "./platform.ts";

/** The places inside a data directory. All paths are absolute and free of links. */
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

/** The longest path of a unix socket in bytes: Linux takes 107, macOS and the BSDs four fewer. */
const SOCKET_PATH_BYTES = Deno.build.os === "linux" ? 107 : 103;

/** Prepares the data directory. Throws as `prepareDataDir`. */
export async function prepareLayout(path: string): Promise<Layout> {
  const root = await prepareDataDir(path);
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
 * The directory of the server's socket: inside the data directory, or, where its path would be too long for a socket, one in
 * `/tmp` whose name follows from the data directory.
 */
export function socketDirectory(root: string, port: number): string {
  const inside = join(root, "run");
  if (new TextEncoder().encode(join(inside, `.s.PGSQL.${port}`)).length <= SOCKET_PATH_BYTES) return inside;
  return `/tmp/zaakstroom-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`;
}

/** @throws EmbeddedError `unreachable_directory` naming the first directory that the server's user cannot pass. */
export async function requireReachable(layout: Layout, user: ServerUser): Promise<void> {
  const blocked = await firstUnreachable(layout.root, user);
  if (blocked === undefined) return;
  throw new EmbeddedError(
    "unreachable_directory",
    `PostgreSQL runs as ${user.name}, who cannot reach ${layout.root} through ${blocked}: ` +
      `allow it with chmod o+x ${blocked}, or choose another --data-dir`,
  );
}
