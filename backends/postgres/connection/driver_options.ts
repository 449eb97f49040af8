/** What a connection needs, from a URL and the environment, as libpq reads them. @module */
import {
  InvalidPostgresUrl,
  parsePostgresUrl,
  parseWord,
  type PostgresUrl,
  SSL_MODES,
  type SslMode,
  TARGET_SESSIONS,
  type TargetSession,
} from "../../../schema/postgres/postgres_url.ts";
import { BackendUnusable } from "../../errors.ts";

/** Where and how to connect. */
export interface PostgresTarget {
  /** `postgres://user@host:port/database`, as libpq takes it; or leave it out and give `host` and the rest below. */
  url?: string | undefined;
  /** A host's name or address, or the directory of a unix socket. */
  host?: string | undefined;
  port?: number | undefined;
  user?: string | undefined;
  database?: string | undefined;
  /** PEM file of who signs the server's certificate. Without an `sslmode` in the URL it asks for `verify-full`. */
  caFile?: string | undefined;
  /** A transaction pooler is in front: no session settings, no prepared statements, no LISTEN. */
  pooler?: boolean | undefined;
}

/** One server that may be dialled. */
export interface ServerAddress {
  /** A name, an address, or the directory of a unix socket. */
  readonly host: string;
  readonly port: number;
}

/** How a connection is encrypted, with the PEM files that takes. */
export interface TlsPlan {
  readonly mode: SslMode;
  readonly rootCert?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Everything by which connections are made. */
export interface DriverOptions {
  readonly servers: readonly ServerAddress[];
  readonly tls: TlsPlan;
  readonly targetSession: TargetSession;
  readonly connectTimeoutMs: number;
  readonly user: string;
  readonly password: string | undefined;
  /** Where a password is looked for that is not given. */
  readonly passwordFile: string | undefined;
  readonly database: string;
  /** Settings of the session that the URL asks for. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What is known of the process: its variables, and the name of the account it runs as. */
export interface Surroundings {
  variable(name: string): string | undefined;
  account(): string | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** How to connect to a target. Throws BackendUnusable, with one line that repeats no password. */
export function driverOptions(target: PostgresTarget, surroundings: Surroundings): DriverOptions {
  if (target.url === undefined) return fromParts(target);
  try {
    return fromUrl(parsePostgresUrl(target.url), target.caFile, surroundings);
  } catch (error) {
    if (!(error instanceof InvalidPostgresUrl)) throw error;
    throw new BackendUnusable(`The URL of PostgreSQL ${error.message}`);
  }
}

/** A server of this machine's own: nothing of it is read from the environment. */
function fromParts({ host, port = 5432, user = "zaakstroom", database = "zaakstroom" }: PostgresTarget) {
  const [tls, targetSession] = [{ mode: "disable" }, "any"] as const;
  const servers = [{ host: host!, port }];
  return {
    servers,
    tls,
    targetSession,
    user,
    password: undefined,
    passwordFile: undefined,
    database,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    settings: {},
  };
}

function fromUrl(url: PostgresUrl, caFile: string | undefined, surroundings: Surroundings): DriverOptions {
  const variable = (name: string) => surroundings.variable(name) || undefined;
  const user = url.user ?? variable("PGUSER") ?? surroundings.account();
  if (user === undefined) {
    throw new BackendUnusable("The URL of PostgreSQL names no user: write postgres://USER@host/database");
  }
  const port = Number(variable("PGPORT") ?? 5432);
  const session = parseWord("PGTARGETSESSIONATTRS", TARGET_SESSIONS, variable("PGTARGETSESSIONATTRS"));
  return {
    servers: url.hosts.map((each) => ({
      host: each.host ?? variable("PGHOST") ?? "localhost",
      port: each.port ?? port,
    })),
    tls: tlsPlan(url, caFile, variable),
    targetSession: url.targetSession ?? session ?? "any",
    connectTimeoutMs: url.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    user,
    password: url.password ?? variable("PGPASSWORD"),
    passwordFile: url.passwordFile ?? variable("PGPASSFILE") ?? homeFile(variable("HOME")),
    database: url.database ?? variable("PGDATABASE") ?? user,
    settings: url.settings,
  };
}

function homeFile(home: string | undefined): string | undefined {
  return home === undefined ? undefined : `${home}/.pgpass`;
}

/** As in libpq, a file of who signs turns `require` into `verify-ca`, and `system` asks for `verify-full`. */
function tlsPlan(
  { sslMode, rootCert, cert, key }: PostgresUrl,
  caFile: string | undefined,
  variable: (name: string) => string | undefined,
): TlsPlan {
  const ca = rootCert ?? caFile ?? variable("PGSSLROOTCERT");
  const asked = sslMode ?? parseWord("PGSSLMODE", SSL_MODES, variable("PGSSLMODE"));
  const verifies = caFile !== undefined || ca === "system";
  const mode = asked ?? (verifies ? "verify-full" : "prefer");
  return {
    mode: mode === "require" && ca !== undefined ? "verify-ca" : mode,
    rootCert: ca === "system" ? undefined : ca,
    cert: cert ?? variable("PGSSLCERT"),
    key: key ?? variable("PGSSLKEY"),
  };
}

/** Those of this process. What it may not read counts as not there. */
export const processSurroundings: Surroundings = {
  variable: (name) => readIfAllowed(() => Deno.env.get(name)),
  account: () =>
    readIfAllowed(accountOfUid) ?? processSurroundings.variable("USER") ??
      processSurroundings.variable("USERNAME"),
};

/** The name by which the system knows this process's user. Containers set no USER. */
function accountOfUid(): string | undefined {
  const uid = String(Deno.uid());
  const lines = Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":"));
  return lines.find((fields) => fields[2] === uid)?.[0];
}

function readIfAllowed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
