/** The URL of a PostgreSQL server, read as libpq reads it. @module */

/** What a server must be for a session; the names and meanings are libpq's. */
export const TARGET_SESSIONS = [
  "any",
  "read-write",
  "read-only",
  "primary",
  "standby",
  "prefer-standby",
] as const;
export type TargetSession = typeof TARGET_SESSIONS[number];

/** How far a connection is encrypted and its server verified; the names and meanings are libpq's. */
export const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = typeof SSL_MODES[number];

/** One server: a host, or a directory with a unix socket in it. */
interface PostgresHost {
  /** Undefined when the URL names none. */
  readonly host: string | undefined;
  readonly port: number | undefined;
}

/** What a URL says; what it leaves out is undefined. */
export interface PostgresUrl {
  /** At least one. */
  readonly hosts: readonly PostgresHost[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** A file in which the password is looked for. */
  readonly passwordFile: string | undefined;
  readonly database: string | undefined;
  readonly sslMode: SslMode | undefined;
  /** PEM files: who signs the server's certificate (or `system`), our own certificate, and its key. */
  readonly rootCert: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly targetSession: TargetSession | undefined;
  readonly connectTimeoutMs: number | undefined;
  /** Settings of the session, such as `application_name`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The URL can't be read or asks for something that is not supported. The message repeats no value of it. */
export class InvalidPostgresUrl extends Error {
  override name = "InvalidPostgresUrl";
}

const SHAPE = /^postgres(?:ql)?:\/\/(?=.)(?:([^/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s;
const NOT_A_URL = "must be a URL such as postgres://user@host:5432/database (write a % in it as %25)";

/** Parameters of libpq that change nothing here: the client has its own way, or libpq alone needs them. */
const WITHOUT_EFFECT =
  /^(keepalives.*|tcp_user_timeout|fallback_application_name|sslcompression|sslsni|sslcertmode|ssl_m.*_protocol_version|load_balance_hosts|gsslib|gssdelegation|krbsrvname|requiressl)$/;
/** Parameters of libpq that ask for something this client does not do. Their mildest values ask for nothing. */
const UNSUPPORTED =
  /^(hostaddr|service|servicefile|sslpassword|sslcrl|sslcrldir|requirepeer|require_auth|replication|channel_binding|gssencmode|sslnegotiation|scram_.*_key|oauth_.*)$/;
const MILD = /^(disable|prefer|postgres|)$/;
const READ_HERE =
  /^(host|port|user|password|passfile|dbname|ssl|sslmode|sslrootcert|sslcert|sslkey|target_session_attrs|connect_timeout)$/;

/** Reads a URL. Throws InvalidPostgresUrl. */
export function parsePostgresUrl(url: string): PostgresUrl {
  const parts = SHAPE.exec(url);
  if (parts === null) throw new InvalidPostgresUrl(NOT_A_URL);
  const [, userinfo = "", authority = "", path = "", query = ""] = parts;
  const given = parseQuery(query);
  const [user = "", ...password] = userinfo.split(":");
  return {
    hosts: parseHosts(authority, given),
    user: given["user"] ?? decode(user),
    password: given["password"] ?? decode(password.join(":")),
    passwordFile: given["passfile"],
    database: given["dbname"] ?? decode(path),
    sslMode: sslModeOf(given),
    rootCert: given["sslrootcert"],
    cert: given["sslcert"],
    key: given["sslkey"],
    targetSession: parseWord("target_session_attrs", TARGET_SESSIONS, given["target_session_attrs"]),
    connectTimeoutMs: connectTimeoutOf(given),
    settings: settingsOf(given),
  };
}

/** One of the words of a parameter. Throws InvalidPostgresUrl, which names those there are. */
export function parseWord<W extends string>(
  name: string,
  words: readonly W[],
  value: string | undefined,
): W | undefined {
  if (value === undefined || words.includes(value as W)) return value as W | undefined;
  throw new InvalidPostgresUrl(`must have one of ${words.join(", ")} as ${name}`);
}

/** Where the servers of a URL are, for people: without user and password. */
export function addressOf(url: string): string {
  const { hosts, database } = parsePostgresUrl(url);
  const all = hosts.map(({ host = "localhost", port = 5432 }) =>
    host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
  );
  return `${all.join(",")}/${database ?? ""}`;
}

/** The same URL with another database. */
export function withDatabase(url: string, database: string): string {
  const [base = "", query = ""] = url.split(/\?(.*)/s);
  const kept = query.split("&").filter((each) => each !== "" && !each.startsWith("dbname="));
  const server = /^[^:]*:\/\/[^/]*/.exec(base)![0];
  return `${server}/${encodeURIComponent(database)}${kept.length === 0 ? "" : `?${kept.join("&")}`}`;
}

/** Undefined for an empty text: libpq takes an empty part as one that was left out. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text) || undefined;
  } catch {
    throw new InvalidPostgresUrl(NOT_A_URL);
  }
}

function parseQuery(query: string): Record<string, string> {
  const given: Record<string, string> = Object.create(null);
  for (const each of query.split("&").filter((each) => each !== "")) {
    const [name, value] = each.split(/=(.*)/s).map(decode);
    if (name === undefined) throw new InvalidPostgresUrl(NOT_A_URL);
    if (value !== undefined) given[name] = value;
  }
  return given;
}

/** Hosts of the parameters replace those before the path; one port is the port of all. */
function parseHosts(authority: string, given: Record<string, string>): PostgresHost[] {
  const written = authority.split(",").map(parseHost);
  const named = given["host"]?.split(",").map((host) => ({ host: host || undefined, port: undefined }));
  const hosts = named ?? written;
  const ports = given["port"]?.split(",").map(parsePort);
  if (ports === undefined) return hosts;
  if (ports.length !== 1 && ports.length !== hosts.length) {
    throw new InvalidPostgresUrl("must name one port for all of its hosts, or one for each");
  }
  return hosts.map(({ host }, i) => ({ host, port: ports[ports.length === 1 ? 0 : i] }));
}

function parseHost(text: string): PostgresHost {
  const parts = /^(?:\[([0-9A-Fa-f:.]+(?:%[^\]]*)?)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  if (parts === null) throw new InvalidPostgresUrl(NOT_A_URL);
  const [, address, name = "", port = ""] = parts;
  return { host: address ?? decode(name), port: parsePort(port) };
}

function parsePort(text: string): number | undefined {
  if (text === "") return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidPostgresUrl(`${NOT_A_URL}, with a port up to 65535`);
  return port;
}

function sslModeOf(given: Record<string, string>): SslMode | undefined {
  const mode = parseWord("sslmode", SSL_MODES, given["sslmode"]);
  if (mode !== undefined || given["ssl"] === undefined) return mode;
  return parseWord("ssl", ["true", "false"], given["ssl"]) === "true" ? "require" : "disable";
}

/** libpq: in seconds, zero or less waits for ever, which here is the default wait. */
function connectTimeoutOf(given: Record<string, string>): number | undefined {
  const text = given["connect_timeout"];
  if (text === undefined) return undefined;
  if (!/^-?\d{1,6}$/.test(text)) throw new InvalidPostgresUrl("must have whole seconds as connect_timeout");
  return Number(text) > 0 ? Math.max(2, Number(text)) * 1_000 : undefined;
}

function settingsOf(given: Record<string, string>): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (READ_HERE.test(name) || WITHOUT_EFFECT.test(name)) continue;
    if (!UNSUPPORTED.test(name)) settings[name] = value;
    else if (!MILD.test(value)) {
      throw new InvalidPostgresUrl(`must do without ${name}, which is not supported`);
    }
  }
  return settings;
}
