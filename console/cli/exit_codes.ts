/** How a command ends: its exit code, and the one line that explains it. @module */
import {
  BackendBusy,
  BackendUnavailable,
  BackendUnusable,
  EventIdConflict,
  NotAllowed,
  StoreLost,
  VersionConflict,
} from "../../backends/errors.ts";
import { BackupError } from "../../backends/backup/errors.ts";
import { EmbeddedError } from "../../backends/local_server/errors.ts";
import { InvalidEvent } from "../../schema/codec.ts";
import { type Paint, paintNothing } from "./color.ts";
import { ListenError } from "../http/listen.ts";
import { redactBsns } from "../../schema/bsn.ts";
import { toJsonText } from "./redaction.ts";

/** The exit codes of every command. */
export const exitCodes = {
  ok: 0,
  /** The run ended, but failed its own check: a ledger that does not balance, work not settled by the deadline. */
  failed: 1,
  /** An unknown command or option, or a value that is not valid. */
  usage: 2,
  /** The input was read and is not valid. */
  input: 3,
  /** The backend can't be reached. */
  unavailable: 4,
  /** The backend answers, but can't be used: rights, version, disk. */
  unusable: 5,
  /** A port or a data directory that another process uses. */
  inUse: 6,
  /** What was asked for is not there, or has changed meanwhile. */
  notFound: 7,
  /** A bug: please report it, with the stack. */
  bug: 70,
  /** What a node ends with in the place of `failed`, for its guardian, which ends with that: see `guarded_start.ts`. */
  guardedFailed: 71,
  /** The node asks its guardian to start it anew. */
  recycle: 75,
  /** Stopped by a second signal. */
  interrupted: 130,
} as const;

/** An end that the user can do something about: one line, no stack. */
export class CommandError extends Error {
  override name = "CommandError";
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** A wrong command line or environment. */
export class UsageError extends CommandError {
  override name = "UsageError";
  constructor(message: string) {
    super(exitCodes.usage, message);
  }
}

/** The reader of the output has gone (`| head`): it needs no more, and nothing is wrong. */
export class OutputClosed extends CommandError {
  override name = "OutputClosed";
  constructor() {
    super(exitCodes.ok, "The reader of the output has gone");
  }
}

/** The exit code of an error, and what to print: one line for what the user can mend, a stack for a bug. */
export function describeExit(error: unknown): { code: number; text: string } {
  const code = codeOf(error);
  if (code !== exitCodes.bug) return { code, text: redactBsns((error as Error).message) };
  return { code, text: describeBug(error) };
}

function describeBug(error: unknown): string {
  const stack = error instanceof Error ? error.stack ?? error.message : String(error);
  return redactBsns(`This is a bug in zaakstroom: ${stack}`);
}

/** What is printed for an error that nothing caught: a bug with its stack, whatever kind of error it is. */
export function describeCrash(error: unknown, json: boolean): string {
  const message = describeBug(error);
  return json ? JSON.stringify({ error: { code: errorCodeOf(exitCodes.bug), message } }) : message;
}

/** The stable word for an exit code in JSON: `not_found`. */
function errorCodeOf(exitCode: number): string {
  const [name] = Object.entries(exitCodes).find(([, code]) => code === exitCode)!;
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Prints an error where every error of a command line is printed, and returns its exit code. As JSON it is
 * `{"error":{"code","message"}}`; as text, a wrong command line is followed by where to read more.
 */
export function reportError(
  error: unknown,
  { err, paint }: { err(line: string): void; readonly paint?: { readonly err: Paint } | undefined },
  { json, help }: { readonly json: boolean; readonly help: string },
): number {
  const { code, text } = describeExit(error);
  if (code === exitCodes.ok) return code;
  const { err: style } = paint ?? { err: paintNothing };
  if (json) err(toJsonText({ error: { code: errorCodeOf(code), message: text } }));
  else err(code === exitCodes.usage ? `${style("red", text)} (see ${help})` : style("red", text));
  return code;
}

/** What is not as it was written fails a check; a moment that no backup leads to is not there. */
const BACKUP_CODES = {
  damaged: exitCodes.failed,
  unreachable: exitCodes.notFound,
  in_use: exitCodes.inUse,
  unusable: exitCodes.unusable,
} as const;

function codeOf(error: unknown): number {
  if (error instanceof CommandError) return error.code;
  if (error instanceof BackendBusy) return exitCodes.unusable;
  if (error instanceof BackendUnavailable) return exitCodes.unavailable;
  if (error instanceof BackendUnusable || error instanceof StoreLost) return exitCodes.unusable;
  if (error instanceof NotAllowed) return exitCodes.unusable;
  if (error instanceof EmbeddedError) return error.kind === "in_use" ? exitCodes.inUse : exitCodes.unusable;
  if (error instanceof BackupError) return BACKUP_CODES[error.kind];
  if (error instanceof ListenError) return exitCodes.inUse;
  if (error instanceof InvalidEvent || error instanceof EventIdConflict) return exitCodes.input;
  if (error instanceof VersionConflict) return exitCodes.notFound;
  return exitCodes.bug;
}
