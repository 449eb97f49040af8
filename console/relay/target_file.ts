/** A file that is to be written for others. @module */
import { dirname } from "node:path";
import { UsageError } from "../cli/exit_codes.ts";

/** Throws UsageError for a file whose folder is not there: that is a mistyped path, and no outage to wait for. */
export function requireFolderOf(path: string): void {
  const folder = dirname(path);
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return;
  }
  throw new UsageError(`Cannot use --to ${path}: there is no folder ${folder}`);
}
