/** The disk of a directory of this machine. @module */
import type { Space } from "./finding.ts";

/** Asks `df`, which POSIX gives one format; undefined where there is none, or no such directory. */
export async function diskSpace(directory: string): Promise<Space | undefined> {
  try {
    const { stdout } = await new Deno.Command("df", { args: ["-Pk", directory], stderr: "null" }).output();
    const [, row = ""] = new TextDecoder().decode(stdout).trim().split("\n");
    const [, total, , available] = row.split(/\s+/).map((field) => Number(field) * 1_024);
    if (!(total! > 0) || !(available! >= 0)) return undefined;
    // What is kept for root counts as used: a server does not run as root.
    return { usedBytes: total! - available!, totalBytes: total! };
  } catch {
    return undefined;
  }
}
