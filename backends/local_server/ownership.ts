/** Who may have laid what is in a data directory: looked at before anything in it is used or executed. @module */
import { join } from "node:path";
import { EmbeddedError } from "./errors.ts";

/** What root's PostgreSQL has under its own user, and an unfinished cluster: `cluster.new-…`. */
const OF_THE_SERVER = /^(cluster(\.new-.*)?|logs|run)$/;

/** Others may write: the group, or everybody. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Checks a directory and what lies directly in it: each is this user's or root's, none is a link, and no other user may
 * write to it. What lies deeper can then be nobody else's either.
 * @throws EmbeddedError `not_permitted`, naming the first that is not so and what to do.
 */
export async function requireOwned(directory: string): Promise<void> {
  const uid = Deno.uid();
  if (uid === null) return;
  refuseForeign(directory, await Deno.lstat(directory), uid);
  for await (const { name } of Deno.readDir(directory)) {
    const path = join(directory, name);
    const found = await lstatIfThere(path);
    if (found === undefined) continue;
    const isServers = uid === 0 && OF_THE_SERVER.test(name) && found.isDirectory;
    refuseForeign(path, found, isServers ? found.uid! : uid);
  }
}

function refuseForeign(path: string, { isSymlink, isSocket, uid, mode }: Deno.FileInfo, owner: number): void {
  const remedy = "remove it, or choose another --data-dir";
  if (isSymlink) throw refused(`${path} is a link: ${remedy}`);
  if (uid !== owner && uid !== 0) {
    throw refused(`${path} belongs to user ${uid}, who could have laid anything there: ${remedy}`);
  }
  if (!isSocket && ((mode ?? 0) & WRITABLE_BY_OTHERS) !== 0) {
    throw refused(
      `Other users may write to ${path}: forbid it with chmod go-w, or choose another --data-dir`,
    );
  }
}

const refused = (message: string) => new EmbeddedError("not_permitted", message);

/** Another process may remove its temporary files meanwhile. */
async function lstatIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
