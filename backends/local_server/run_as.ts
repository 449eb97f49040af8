import { dirname } from "node:path";
import { EmbeddedError, systemError } from "./errors.ts";

/** The user PostgreSQL runs as. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** True when this process is root, and PostgreSQL, which refuses root, runs as another user. */
  readonly switched: boolean;
}

/**
 * Users that may own a server started by root, best first: `initdb` needs one with a name. `nobody` is none of them: whoever runs
 * as the same user reads the files of the server and is let in by it, and other services run as that one.
 */
const PREFERRED = ["zaakstroom", "postgres"];

/**
 * The user to run PostgreSQL as: this process's own, and for root the owner of the existing cluster, else
 * `zaakstroom`, else `postgres`.
 * @throws EmbeddedError `not_permitted` when root finds no such user.
 */
export async function serverUser(cluster: string): Promise<ServerUser> {
  const [uid, gid] = [Deno.uid() ?? -1, Deno.gid() ?? -1];
  if (uid !== 0) return { name: `user ${uid}`, uid, gid, switched: false };
  const found = await ownerOf(cluster) ?? preferredUser(await Deno.readTextFile("/etc/passwd"));
  if (found !== undefined) return found;
  const remedy = "create one (useradd --system zaakstroom), start as another user than root, or give --url";
  throw new EmbeddedError(
    "not_permitted",
    `PostgreSQL refuses to run as root, and no other user fits: ${remedy}`,
  );
}

/** A command as that user, in a directory that cannot vanish, without the environment of this process, which holds secrets. */
export function serverCommand(
  user: ServerUser,
  program: string,
  args: string[],
  options: Pick<Deno.CommandOptions, "stdin" | "detached"> = {},
): Deno.Command {
  const identity = user.switched ? { uid: user.uid, gid: user.gid } : {};
  const environment = { clearEnv: true, env: { LC_ALL: "C", TZ: "UTC" }, cwd: "/" };
  return new Deno.Command(program, {
    args,
    ...identity,
    ...environment,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    ...options,
  });
}

/** Creates a private directory for the server's user, or uses an existing one that is private and its own. */
export async function privateDirectory(path: string, user: ServerUser): Promise<void> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw systemError(error, "making a directory", path);
    await refuseStranger(path, user);
  }
  if (user.switched) await Deno.chown(path, user.uid, user.gid);
  await Deno.chmod(path, 0o700);
}

/**
 * The first directory on the way to `path` that the server's user cannot pass, seen by permission bits
 * (access lists are not looked at). Only asked for another user than our own: our own meets the system's
 * answer.
 */
export async function firstUnreachable(path: string, user: ServerUser): Promise<string | undefined> {
  if (!user.switched) return undefined;
  const way = [path];
  while (dirname(way[0]!) !== way[0]) way.unshift(dirname(way[0]!));
  for (const directory of way) {
    const info = await statIfAllowed(directory);
    if (info !== undefined && !canPass(info, user)) return directory;
  }
  return undefined;
}

/**
 * Deno's permissions may leave out what is above the data directory; then the system's own refusal must do.
 */
async function statIfAllowed(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

async function ownerOf(cluster: string): Promise<ServerUser | undefined> {
  try {
    const { uid, gid } = await Deno.stat(cluster);
    return uid ? { name: `user ${uid}`, uid, gid: gid ?? uid, switched: true } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw systemError(error, "looking at the cluster", cluster);
  }
}

/** The user of an /etc/passwd that runs a server which root starts; undefined for none that fits. */
export function preferredUser(passwd: string): ServerUser | undefined {
  const accounts = passwd.split("\n").map((line) => line.split(":"));
  for (const name of PREFERRED) {
    const [, , uid, gid] = accounts.find((fields) => fields[0] === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { name, uid: +uid, gid: +gid, switched: true };
  }
  return undefined;
}

/** A directory in a shared place could have been made there by another account, or be a link to elsewhere. */
async function refuseStranger(path: string, user: ServerUser): Promise<void> {
  const { isDirectory, uid } = await Deno.lstat(path);
  if (isDirectory && (uid === user.uid || (user.switched && uid === 0))) return;
  const what = isDirectory ? "a directory of another user" : "not a directory";
  throw new EmbeddedError(
    "unreachable_directory",
    `${path} is ${what}: remove it, or choose another --data-dir`,
  );
}

function canPass(directory: Deno.FileInfo, user: ServerUser): boolean {
  const mode = directory.mode ?? 0o777;
  if (directory.uid === user.uid) return (mode & 0o100) !== 0;
  return (mode & (directory.gid === user.gid ? 0o010 : 0o001)) !== 0;
}
