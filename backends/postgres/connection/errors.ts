/** Maps errors of the database and of the connection to the errors of the backend contract. @module */
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";

/** SQLSTATE classes and codes after which the same statement may be sent again. */
const PASSING = /^(08|57P0|53300|55P03|40001|40P01|25006|57014|25P0[34]|58)/;
/** Client and operating-system codes of a missing or lost connection. */
const CONNECTION =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOENT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/;

/** SQLSTATE codes that need a person, each with its name and a remedy. */
const UNUSABLE: Record<string, readonly [name: string, remedy: string]> = {
  "28P01": ["invalid password", "check the user and the password in the URL"],
  "28000": ["invalid authorization", "check the user in the URL and the server's pg_hba.conf"],
  "3D000": ["no such database", "create the database, or name another one in the URL"],
  "3F000": ["no such schema", "run the start or setup command once with a role that may create the schema"],
  "42501": ["insufficient privilege", "grant the role its rights on the schema zaakstroom, or use its owner"],
  "42704": ["unknown setting", "take the setting the server does not know out of the URL"],
  "55000": [
    "database takes no connections",
    "let the database take connections, or name another one in the URL",
  ],
  "0A000": ["feature not supported", "use PostgreSQL 15 or newer"],
};

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

/** The code of an error of the client or the server; empty when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** The server's DETAIL of an error, where our SQL functions put the value they found. */
export function detailOf(error: unknown): string {
  return String((error as { detail?: unknown } | null)?.detail ?? "");
}

/** True when the database is unavailable or asks to try again: nothing is known to be wrong with the statement. */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof BackendUnavailable || PASSING.test(code) || CONNECTION.test(code);
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
    const [name, remedy] = UNUSABLE[code];
    return new BackendUnusable(`PostgreSQL refuses (${code} ${name}): ${remedy}`, { cause: error });
  }
  // A full disk counts as unavailable, so that a node goes on by itself once there is room again.
  if (code === "53100") {
    return new BackendUnavailable(
      "PostgreSQL takes no writes (53100 disk full): free disk space on the server",
      {
        cause: error,
      },
    );
  }
  const dialled = translateDial(error);
  if (dialled !== undefined) return dialled;
  if (isPoolerError(error)) {
    const what = "The server looks like a transaction pooler that keeps no sessions";
    return new BackendUnusable(`${what} (${code}): add --pooler`, { cause: error });
  }
  if (isUnavailable(error)) {
    return new BackendUnavailable(`PostgreSQL is away (${code || String(error)})`, { cause: error });
  }
  return error;
}

function isPoolerError(error: unknown): boolean {
  return codeOf(error) === "26000" || /unsupported startup parameter/.test(String(error));
}
