/** What keeps a backup from being made, used or removed. @module */

/**
 * `damaged`: what is kept is not what was written. `unreachable`: no backup leads to the moment. `in_use`: another process
 * uses the directory, or it holds something. `unusable`: the key, the server or the directory does not fit.
 */
type BackupErrorKind = "damaged" | "unreachable" | "in_use" | "unusable";

/** The message is one line: what is wrong, where, and what to do. */
export class BackupError extends Error {
  override readonly name = "BackupError";

  constructor(readonly kind: BackupErrorKind, message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*\n\s*/g, " "), options);
  }
}

/** The error for a failed system call, as one that names the file. */
export function fileError(error: unknown, doing: string, path: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  const isRefused = error instanceof Deno.errors.NotCapable;
  if (error instanceof BackupError || (typeof code !== "string" && !isRefused)) return error;
  if (code === "ENOENT") return new BackupError("damaged", `A file of the backup is missing: ${path}`);
  return new BackupError("unusable", `Failed while ${doing} ${path}: ${systemReason(error)}`, {
    cause: error,
  });
}

/** Why the system, or Deno's permissions, did not do something with a file; what stands behind it repeats the path. */
export function systemReason(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return "Deno keeps what is there from programs";
  return (error as Error).message.replace(/ \(os error \d+\).*$/s, "");
}
