/** What an error of the database or of the connection means for us. @module */
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";

/** SQLSTATE classes and codes after which the same statement may be sent again. */
const PASSING = /^(08|57P0|53300|55P03|40001|40P01|25006|57014|25P0[34]|58)/;
/** Client and operating-system codes of a connection that is not there (any more). */
const CONNECTION =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOENT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/;

/** SQLSTATE codes that a person must look at, with what to do. */
const REFUSALS: Record<string, string> = {
  "28P01": "check the user and the password in the URL",
  "28000": "check the user in the URL and the server's pg_hba.conf",
  "3D000": "create the database, or name another one in the URL",
  "3F000": "run the start or setup command once with a role that may create the schema",
  "42501": "grant the role its rights on the schema zaakstroom, or use its owner",
  "42704": "take the setting the server does not know out of the URL",
  "55000": "let the database take connections, or name another one in the URL",
  "0A000": "use PostgreSQL 15 or newer",
};

/** The code of an error of the client or the server; empty when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** The server's DETAIL of an error, where our own functions put what they found. */
export function detailOf(error: unknown): string {
  return String((error as { detail?: unknown } | null)?.detail ?? "");
}

/** True when the database is away or asks to try again: nothing is known to be wrong with the statement. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof BackendUnavailable || PASSING.test(code) || CONNECTION.test(code);
}

/** True when a connection was lost after it had come about: an answer may have been under way on it. */
export function brokeOff(error: unknown): boolean {
  return /^(CONNECTION_CLOSED|ECONNRESET|EPIPE|57P01)$/.test(codeOf(error));
}

/**
 * The error as the contract names it: BackendAway, BackendRefused, or itself. Messages of the server are kept out
 * except their code: they can quote values.
 */
export function translate(error: unknown): unknown {
  if (error instanceof BackendUnavailable || error instanceof BackendUnusable) return error;
  const code = codeOf(error);
  const advice = REFUSALS[code];
  if (advice !== undefined) {
    return new BackendUnusable(`PostgreSQL refuses (${code} ${nameOf(code)}): ${advice}`, { cause: error });
  }
  // It passes: whoever has a node wants it to go on once there is room, and not to find it ended.
  if (code === "53100") {
    return new BackendUnavailable(
      "PostgreSQL takes no writes (53100 disk full): free disk space on the server",
      {
        cause: error,
      },
    );
  }
  if (isPoolerTrouble(error)) {
    const what = "The server looks like a transaction pooler that keeps no sessions";
    return new BackendUnusable(`${what} (${code}): add --pooler`, { cause: error });
  }
  if (isAway(error)) {
    return new BackendUnavailable(`PostgreSQL is away (${code || String(error)})`, { cause: error });
  }
  return error;
}

function isPoolerTrouble(error: unknown): boolean {
  return codeOf(error) === "26000" || /unsupported startup parameter/.test(String(error));
}

function nameOf(code: string): string {
  const names: Record<string, string> = {
    "28P01": "invalid password",
    "28000": "invalid authorization",
    "3D000": "no such database",
    "3F000": "no such schema",
    "42501": "insufficient privilege",
    "42704": "unknown setting",
    "55000": "database takes no connections",
    "0A000": "feature not supported",
  };
  return names[code] ?? "";
}
