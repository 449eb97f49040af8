/** Small files of a backup, and their directories: each is there as a whole or not at all. @module */
import { dirname } from "node:path";
import type { z } from "zod";
import { syncDirectory } from "../local_server/sync_directory.ts";
import { BackupError, fileError } from "./errors.ts";

/** What a file of ours holds. Throws BackupError, naming it. */
export function parseJson<T>(schema: z.ZodType<T>, text: string, path: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new BackupError("damaged", `${path} is damaged: it is not what was written`);
  }
}

/** Replaces a file as a whole, also across a loss of power. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  try {
    using file = await Deno.open(aside, { write: true, create: true, truncate: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
    await Deno.rename(aside, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    throw fileError(error, "writing", path);
  }
}

/** Makes a directory that nobody else reads. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, "making", path);
  }
}

/** The names in a directory. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
  } catch (error) {
    throw fileError(error, "reading", path);
  }
}

/** A text; undefined where there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fileError(error, "reading", path);
  }
}
