/** The data directory of a server that this program runs itself. @module */
import { join } from "node:path";
import { EmbeddedError, systemError } from "./errors.ts";
import { requireOwned } from "./ownership.ts";

/**
 * The default data directory: `/var/lib/zaakstroom` for root, else the platform's place for a user's data.
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
 * Creates the data directory where it does not exist, and returns its real path.
 * @throws EmbeddedError when it cannot be created, is no directory, cannot be written, or may hold what others laid there.
 */
export async function prepareDataDir(path: string): Promise<string> {
  try {
    const created = await createDirectory(path);
    const root = await Deno.realPath(path);
    if (Deno.uid() === 0) await letPass(root, created);
    await requireOwned(root);
    return root;
  } catch (error) {
    throw notADirectory(error, path) ?? systemError(error, "preparing the data directory", path);
  }
}

function homeFrom(variable: string): string {
  const home = Deno.env.get(variable);
  if (home) return home;
  throw new EmbeddedError(
    "failed",
    `No place for data is known because ${variable} is not set: give --data-dir`,
  );
}

async function createDirectory(path: string): Promise<boolean> {
  if (await Deno.stat(path).then((info) => info.isDirectory, () => false)) return false;
  await Deno.mkdir(path, { recursive: true, mode: Deno.uid() === 0 ? 0o711 : 0o700 });
  return true;
}

/**
 * Lets the user that root's server runs as pass through the data directory without listing it. The private parts in it
 * (the cluster, the socket, the logs, the locks) have their own permissions.
 */
async function letPass(root: string, created: boolean): Promise<void> {
  const { mode, uid } = await Deno.stat(root);
  if (uid !== 0 || mode === null) return;
  if (created || (mode & 0o011) !== 0o011) await Deno.chmod(root, (mode & 0o777) | 0o011);
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
