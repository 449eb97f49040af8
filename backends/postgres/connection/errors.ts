/** Maps errors of the database and of the connection to the errors of the backend contract. @module */
import {
  BackendBusy,
  BackendReadOnly,
  BackendUnavailable,
  BackendUnusable,
  InsufficientRights,
} from "../../errors.ts";

/** SQLSTATE classes and codes of a server that is not to be had. */
const UNREACHABLE = /^(08|57P0)/;
/** SQLSTATE class of a server whose files fail it. */
const FILES = /^58/;
/** SQLSTATE codes of a server that answers, after which the same statement may be sent again, each with what is meant. */
const PASSING: Record<string, string> = {
  "25006": "PostgreSQL is a read-only server (25006): name the one that takes writes, " +
    "or several in the URL with target_session_attrs=read-write",
  "25P03":
    "PostgreSQL ended a transaction that was idle (25P03): see its idle_in_transaction_session_timeout",
  "25P04": "PostgreSQL ended a transaction that took too long (25P04): see its transaction_timeout",
  "40001": "PostgreSQL could not serialize a transaction (40001): it clashes with others, and is tried again",
  "40P01": "PostgreSQL broke up a deadlock (40P01): the statement is tried again",
  "53100": "PostgreSQL takes no writes (53100 disk full): free disk space on the server",
  "53200": "PostgreSQL is out of memory (53200): give it more, or lower its settings",
  "53300":
    "PostgreSQL has no connection left (53300): raise its max_connections or the limit of the role or " +
    "the database, or close others",
  "53400": "PostgreSQL has reached a limit of its configuration (53400): its log says which",
  "55P03": "Something holds a lock in PostgreSQL for long (55P03): see pg_locks for what does",
  "57014":
    "PostgreSQL cancelled a statement (57014): it took longer than statement_timeout, or a person ended it",
};
/** Such an error undid its transaction, and comes of what others do at this moment, or of the server the connection leads to. */
const TRANSIENT = /^(25006|40001|40P01|55P03)$/;
/** SQLSTATE codes of rows that can't be stored, as long as what is stored is what it is. */
const REFUSED_ROW: Record<string, string> = {
  ZS002: "an event id is stored already, with other content",
  "23514": "a row can be no event",
  "22003": "a number is out of its range",
  "22021": "a text holds what the database can't",
  "22P05": "a text holds what the database can't",
};
/** Client and operating-system codes of a missing or lost connection. */
const CONNECTION =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOENT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/;

/** SQLSTATE codes that need a person, each with its name and a remedy. */
const UNUSABLE: Record<string, readonly [name: string, remedy: string]> = {
  "28P01": [
    "invalid password",
    "check the user and the password in the URL, PGPASSWORD or the password file (mode 0600)",
  ],
  "28000": ["invalid authorization", "check the user in the URL and the server's pg_hba.conf"],
  "3D000": ["no such database", "create the database, or name another one in the URL"],
  "3F000": ["no such schema", "run the start or setup command once with a role that may create the schema"],
  "42501": [
    "insufficient privilege",
    "grant the role its rights (setup --print-roles), or use the owner of the schema zaakstroom",
  ],
  "42704": ["unknown setting", "take the setting the server does not know out of the URL"],
  "0A000": ["feature not supported", "use PostgreSQL 15 or newer"],
};

/** A setting that is not known has the same code as a role or a type that is missing; the server's source file tells them apart. */
const MISSING_OBJECT = [
  "missing role or type",
  "another version made this store, or its server: use that version, or make a store anew",
] as const;

function isMissingObject(error: unknown): boolean {
  const { file = "" } = error as { file?: string };
  return codeOf(error) === "42704" && !file.startsWith("guc");
}

const TAKES_NO_CONNECTIONS =
  "PostgreSQL refuses (55000 database takes no connections): let the database take connections, " +
  "or name another one in the URL";

/** SQLSTATE classes of what a server may answer because of how it is set up, and never because of what was sent. */
const SET_UP_SO = /^(0A|25|28|38|39|3B|3D|3F|40|42|44|53|54|55|57|58|F0|HV|XX)[0-9A-Z]{3}$/;
/** But for the code of a transaction that failed before, which some statements ask for. */
const FAILED_BEFORE = "25P02";

/** Codes of a certificate that is not trusted, as OpenSSL names them. */
const CERTIFICATE = /CERT|UNABLE_TO_(GET|VERIFY)|^ERR_(TLS|SSL|OSSL)/;

/** What a dial failed at though something answered; undefined for any other error. */
function translateDial(error: unknown): Error | undefined {
  const [code, message] = [codeOf(error), (error as Error).message];
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new BackendUnusable(
      `PostgreSQL's certificate is for another host (${code}): write the host as the certificate has it, or take sslmode=verify-ca`,
      { cause: error },
    );
  }
  if (CERTIFICATE.test(code)) {
    return new BackendUnusable(
      `PostgreSQL's certificate is not trusted (${code}): name who signs it with --tls-ca FILE, or sslrootcert=FILE in the URL`,
      { cause: error },
    );
  }
  if (code === "NO_TLS" || code === "PEM_UNREADABLE") {
    return new BackendUnusable(`Can't connect to PostgreSQL: ${message}`, { cause: error });
  }
  if (code === "SERVER_UNSUITABLE" || code === "NOT_POSTGRES") {
    return new BackendUnavailable(`Can't connect to PostgreSQL: ${message}`, { cause: error });
  }
}

/** The error of whatever meets a server that takes no writes. */
export function readOnlyError(cause: unknown): BackendReadOnly {
  return new BackendReadOnly(PASSING["25006"]!, { cause });
}

/** The code of an error of the client or the server; empty when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** The server's DETAIL of an error, where our SQL functions put the value they found. */
export function detailOf(error: unknown): string {
  return String((error as { detail?: unknown } | null)?.detail ?? "");
}

/** True when no server answered, or one that is starting or stopping. */
export function isUnreachable(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof BackendUnavailable || UNREACHABLE.test(code) || CONNECTION.test(code);
}

/** True when the database is unavailable or asks to try again: nothing is known to be wrong with the statement. */
export function isUnavailable(error: unknown): boolean {
  return isUnreachable(error) || codeOf(error) in PASSING || FILES.test(codeOf(error));
}

/** Why a row can't be stored, without its values; undefined for an error that is not about a row. */
export function rowRefusal(error: unknown): string | undefined {
  const code = codeOf(error);
  return Object.hasOwn(REFUSED_ROW, code) ? `PostgreSQL refuses (${code}): ${REFUSED_ROW[code]}` : undefined;
}

/** True when others were in the way for a moment: nothing was done, and the same again may well succeed. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(codeOf(error));
}

/** True when something held a lock for longer than the statement waits: nothing was done. */
export function isLocked(error: unknown): boolean {
  return codeOf(error) === "55P03";
}

/** True when a server that takes no writes answered: the connections lead to the wrong one. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === "25006";
}

/** True when an established connection was lost: an answer may have been under way on it. */
export function brokeOff(error: unknown): boolean {
  return /^(CONNECTION_CLOSED|ECONNRESET|EPIPE|57P01)$/.test(codeOf(error));
}

/**
 * The error as the contract names it: BackendUnavailable, BackendUnusable, or the error itself. Messages of the server are kept out
 * except their code: they can quote values.
 */
export function translate(error: unknown): unknown {
  if (error instanceof BackendUnavailable || error instanceof BackendUnusable) return error;
  const code = codeOf(error);
  if (UNUSABLE[code] !== undefined) {
    const [name, remedy] = isMissingObject(error) ? MISSING_OBJECT : UNUSABLE[code];
    const Kind = code === "42501" ? InsufficientRights : BackendUnusable;
    return new Kind(`PostgreSQL refuses (${code} ${name}${objectOf(error)}): ${remedy}`, { cause: error });
  }
  const dialled = translateDial(error);
  if (dialled !== undefined) return dialled;
  if (isPoolerError(error)) {
    const what = "The server looks like a transaction pooler that keeps no sessions";
    return new BackendUnusable(`${what} (${code}): add --pooler`, { cause: error });
  }
  if (isReadOnly(error)) return readOnlyError(error);
  if (code in PASSING) return new BackendBusy(PASSING[code], { cause: error });
  if (FILES.test(code)) {
    return new BackendBusy(`PostgreSQL can't use its files (${code}): its log says why`, { cause: error });
  }
  if (isUnavailable(error)) {
    return new BackendUnavailable(`PostgreSQL is away (${code || String(error)})`, { cause: error });
  }
  return refusalOf(code, error) ?? error;
}

/** The error for whatever else a server answers because of how it is set up: no bug, whichever it is. */
function refusalOf(code: string, error: unknown): BackendUnusable | undefined {
  if (!SET_UP_SO.test(code) || code === FAILED_BEFORE) return undefined;
  const isClosed = code === "55000" && /not currently accepting connections/.test((error as Error).message);
  const message = isClosed ? TAKES_NO_CONNECTIONS : `PostgreSQL refuses (${code}): its log says what and why`;
  return new BackendUnusable(message, { cause: error });
}

/** What a right is missing for, such as " for table events": a name of ours or of the database, never a value. */
function objectOf(error: unknown): string {
  const named = /^permission denied (for|to) ([a-z][a-z ]*?)(?: "?([\w$ -]+)"?)?$/.exec(
    (error as Error).message,
  );
  if (codeOf(error) !== "42501" || named === null) return "";
  return ` ${named.slice(1).filter((each) => each !== undefined).join(" ")}`;
}

function isPoolerError(error: unknown): boolean {
  return codeOf(error) === "26000" || /unsupported startup parameter/.test(String(error));
}
