import { dirname, join } from "node:path";
import { systemError } from "../../local_server/errors.ts";
import { syncDirectory } from "../../local_server/sync_directory.ts";
import { isIntact, writeManifest } from "./manifest.ts";

/** A symbolic link npm dropped: both paths are relative to the package, so they begin with `native/`. */
interface DroppedLink {
  source: string;
  target: string;
}

/**
 * Copies the PostgreSQL in `native` to `target`, durably and whole or not at all; does nothing when it is
 * there, unless it is not as it was unpacked: then it makes way. Two processes may do it at once: one of them wins, both succeed.
 * @throws EmbeddedError `no_space` or `not_permitted`.
 */
export async function unpack(native: string, target: string): Promise<void> {
  if (await isIntact(target)) return;
  await makeWay(target);
  const temporary = `${target}.new-${crypto.randomUUID().slice(0, 8)}`;
  try {
    await copyDirectory(native, temporary);
    await recreateLinks(native, temporary);
    await writeManifest(native, temporary);
    await moveInto(temporary, target);
  } catch (error) {
    await removeQuietly(temporary);
    throw systemError(error, "unpacking PostgreSQL", dirname(target));
  }
}

/** Puts aside what is not to be used, under a name that is removed as unfinished. */
async function makeWay(target: string): Promise<void> {
  if (!await exists(target)) return;
  const aside = `${target}.new-${crypto.randomUUID().slice(0, 8)}`;
  try {
    await Deno.rename(target, aside);
  } catch (error) {
    throw systemError(error, "removing changed programs", target);
  }
  await removeQuietly(aside);
}

/** Whether anything is at the path; a path that cannot be looked at throws. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Removes an unused directory tree; what can't be removed is left to the next start. */
export async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch {
    // an orphaned initdb may still be writing there, or it is gone already
  }
}

async function copyDirectory(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  await Deno.chmod(to, 0o755); // whatever the umask: another user runs these programs when this one is root
  const entries = (await Array.fromAsync(Deno.readDir(from))).filter((entry) => isNeeded(entry.name));
  const files = entries.filter((entry) => entry.isFile);
  await allOf(files.map(({ name }) => copyFile(join(from, name), join(to, name))));
  for (const { name, isDirectory } of entries) {
    if (isDirectory) await copyDirectory(join(from, name), join(to, name));
  }
}

/**
 * Waits for every one, also after a failure, so that nothing still writes where the caller then cleans up.
 */
async function allOf(copies: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(copies)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Static libraries and build files serve compilers only. */
function isNeeded(name: string): boolean {
  return !name.endsWith(".a") && name !== "pkgconfig" && name !== "include";
}

async function copyFile(from: string, to: string): Promise<void> {
  await Deno.copyFile(from, to);
  // a virtual file system keeps no modes, and a package manager may have dropped them
  await Deno.chmod(to, isProgram(to) ? 0o755 : 0o644);
  using file = await Deno.open(to);
  await file.syncData();
}

function isProgram(path: string): boolean {
  return dirname(path).endsWith("bin") || /\.(so|dylib)(\.|$)/.test(path);
}

async function recreateLinks(native: string, target: string): Promise<void> {
  const list = join(native, "pg-symlinks.json");
  if (!await exists(list)) return;
  const place = (path: string) => join(target, path.replace(/^native\//, ""));
  for (const link of JSON.parse(await Deno.readTextFile(list)) as DroppedLink[]) {
    const path = place(link.target);
    if (!isNeeded(path) || await exists(path)) continue;
    await Deno.mkdir(dirname(path), { recursive: true });
    await secondName(place(link.source), path);
  }
}

/** Deno allows symbolic links only to programs that may write everywhere; a hard link serves as well. */
async function secondName(source: string, path: string): Promise<void> {
  try {
    await Deno.link(source, path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    await copyFile(source, path); // a file system without hard links
  }
}

async function moveInto(temporary: string, target: string): Promise<void> {
  try {
    await Deno.rename(temporary, target);
  } catch (error) {
    if (!await exists(target)) throw error;
    await removeQuietly(temporary); // another process was first with the same
  }
  await syncDirectory(dirname(target));
}
