/** The shape of a line of the log as JSON, and its level, whoever writes it. @module */
import { toJsonText } from "../cli/redaction.ts";

/** The most urgent first. */
export const logLevels = ["error", "warn", "info"] as const;
export type LogLevel = typeof logLevels[number];

/** Whether what is of this level is logged where the other was asked for. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(least);
}

/** What every line has. */
interface LogLine {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly level: LogLevel;
  /** What happened, as a word for programs. */
  readonly event: string;
  /** The same for people. */
  readonly msg: string;
  readonly node: string | undefined;
}

/** The line as JSON, with fields of its own behind those that every line has. */
export function toLogLine({ at, level, event, msg, node }: LogLine, fields: object): string {
  const time = new Date(at).toISOString();
  return toJsonText({ time, level, event, msg, ...(node === undefined ? {} : { node }), ...fields });
}
