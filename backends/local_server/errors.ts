/** The kinds of failure, for programs; the message is for people. */
type EmbeddedErrorKind =
  | "unsupported_platform"
  | "no_space"
  | "unreachable_directory"
  | "in_use"
  | "failed"
  | "not_permitted";

/** A local server cannot be used. The message is one line: what is wrong, where, and what to do. */
export class EmbeddedError extends Error {
  override readonly name = "EmbeddedError";

  constructor(readonly kind: EmbeddedErrorKind, message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*\n\s*/g, " "), options);
  }
}

const NO_SPACE = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/;
const NOT_PERMITTED = /EROFS|EACCES|EPERM|Read-only file system|Permission denied|Operation not permitted/;

/**
 * The error for a failed system call at `path`; `doing` completes "while …". An EmbeddedError passes
 * unchanged.
 */
export function systemError(error: unknown, doing: string, path: string): EmbeddedError {
  if (error instanceof EmbeddedError) return error;
  if (error instanceof Deno.errors.NotCapable) return notCapable(error, doing);
  const { code, message } = error as Error & { code?: string };
  const reason = message.replace(/ \(os error \d+\).*$/s, ""); // what follows repeats the path
  return explain(`${code ?? ""} ${message}`, reason, doing, path, { cause: error });
}

/** The error for a program that failed with this output; quotes the first line with a reason. */
export function outputError(output: string, doing: string, path: string): EmbeddedError {
  const lines = output.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const telling = lines.find((line) => /FATAL|PANIC|error:|could not/.test(line)) ?? lines.at(-1);
  return explain(output, withoutPrefix(telling ?? "no reason was given"), doing, path);
}

/** Drops the time stamp, process id and severity before a message. */
function withoutPrefix(line: string): string {
  return line.replace(/^.*?(?:FATAL|PANIC|error):\s*/, "");
}

function notCapable(error: Error, doing: string): EmbeddedError {
  return new EmbeddedError("not_permitted", `Deno's permissions forbid ${doing}: ${error.message}`, {
    cause: error,
  });
}

function explain(
  evidence: string,
  reason: string,
  doing: string,
  path: string,
  options?: ErrorOptions,
): EmbeddedError {
  if (NO_SPACE.test(evidence)) {
    const remedy = "free some space, or choose another place with --data-dir";
    return new EmbeddedError("no_space", `No disk space left while ${doing} in ${path}: ${remedy}`, options);
  }
  if (NOT_PERMITTED.test(evidence)) {
    const remedy = "give this user the right to write and run programs there, or choose another --data-dir";
    return new EmbeddedError(
      "not_permitted",
      `Not permitted while ${doing} in ${path} (${reason}): ${remedy}`,
      options,
    );
  }
  return new EmbeddedError("failed", `PostgreSQL failed while ${doing} in ${path}: ${reason}`, options);
}
