/**
 * What was unpacked: every file is verified by SHA-256 when it is unpacked. At a start, programs, libraries and directories
 * are compared by owner, mode, size and time alone, for reading them would take longer than the start itself. The data
 * in `share`, 900 files, is kept from others by its directories.
 * @module
 */
import { join, relative } from "node:path";
import { EmbeddedError } from "../../local_server/errors.ts";

/** A file or directory as it was unpacked; a directory has no digest. */
interface ManifestEntry {
  readonly path: string;
  readonly mode: number;
  readonly size?: number;
  readonly modifiedMs?: number;
  readonly sha256?: string;
}

const NAME = "manifest.json";

/**
 * Compares every file of a copy with its source and writes the manifest.
 * @throws EmbeddedError when a file of the copy differs from its source.
 */
export async function writeManifest(source: string, copy: string): Promise<void> {
  const paths = [copy, ...await pathsBelow(copy)];
  const entries = await Promise.all(paths.map((path) => entryOf(path, source, copy)));
  const file = join(copy, NAME);
  const looked = entries.filter(({ path, size }) => size === undefined || !path.startsWith("share"));
  await Deno.writeTextFile(file, JSON.stringify(looked), { mode: 0o644 });
  using written = await Deno.open(file);
  await written.syncData();
}

/** True when everything is there as it was unpacked, by this user or root, and no other user can change it. */
export async function isIntact(programs: string): Promise<boolean> {
  try {
    const entries: readonly ManifestEntry[] = JSON.parse(await Deno.readTextFile(join(programs, NAME)));
    const paths = entries.map(({ path }) => path);
    const isWhole = ["", join("bin", "initdb"), join("bin", "postgres")].every((path) =>
      paths.includes(path)
    );
    return isWhole && isOurs(Deno.lstatSync(join(programs, NAME))) &&
      entries.every((entry) => isUnchanged(programs, entry));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

function isUnchanged(programs: string, { path, mode, size, modifiedMs }: ManifestEntry): boolean {
  const found = Deno.lstatSync(join(programs, path));
  if (found.isSymlink || !isOurs(found) || modeOf(found) !== mode) return false;
  return found.isDirectory
    ? size === undefined
    : found.size === size && found.mtime?.getTime() === modifiedMs;
}

function isOurs({ uid, mode }: Deno.FileInfo): boolean {
  return (uid === Deno.uid() || uid === 0) && ((mode ?? 0) & 0o022) === 0;
}

async function entryOf(path: string, source: string, copy: string): Promise<ManifestEntry> {
  const found = await Deno.lstat(path);
  const about = { path: relative(copy, path), mode: modeOf(found) };
  if (found.isDirectory) return about;
  const sha256 = await digestOf(path);
  // A second name of a file has no source of its own: the first one is compared.
  const wanted = await digestOf(join(source, about.path)).catch(() => sha256);
  if (sha256 !== wanted) {
    throw new EmbeddedError("failed", `PostgreSQL was not unpacked whole: ${path} differs from its source`);
  }
  return { ...about, size: found.size, modifiedMs: found.mtime!.getTime(), sha256 };
}

async function digestOf(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}

const modeOf = ({ mode }: Deno.FileInfo): number => (mode ?? 0) & 0o7777;

async function pathsBelow(directory: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(directory));
  const below = await Promise.all(entries.map(async ({ name, isDirectory }) => {
    const path = join(directory, name);
    return isDirectory ? [path, ...await pathsBelow(path)] : [path];
  }));
  return below.flat();
}
