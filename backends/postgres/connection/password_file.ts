/** The password file of libpq: a line for each server, database and user, `host:port:database:user:password`. @module */

/** What a password is looked for by. */
interface PasswordKey {
  /** A name, an address, or the directory of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** The directories of a unix socket that a password file calls localhost. */
const DEFAULT_SOCKETS = ["/tmp", "/run/postgresql", "/var/run/postgresql"];
/** Rights of others than the owner of a file. */
const OTHERS = 0o077;

/** The password of the first line that fits; undefined when none does. A field that is `*` fits everything. */
export function passwordIn(text: string, { host, port, database, user }: PasswordKey): string | undefined {
  const wanted = [DEFAULT_SOCKETS.includes(host) ? "localhost" : host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    const fields = fieldsOf(line);
    if (fields === undefined) continue;
    if (wanted.every((value, i) => fields[i] === "*" || unescape(fields[i]!) === value)) {
      return unescape(fields[4]!);
    }
  }
}

/** The password that a file has; undefined when there is no such file, or others may read it: libpq ignores it then. */
export function readPassword(path: string, key: PasswordKey): string | undefined {
  try {
    const { isFile, mode } = Deno.statSync(path);
    if (!isFile || ((mode ?? 0) & OTHERS) !== 0) return undefined;
    return passwordIn(Deno.readTextFileSync(path), key);
  } catch {
    return undefined;
  }
}

/** The five fields of a line, as they are written; undefined for a comment and for what is no such line. */
function fieldsOf(line: string): string[] | undefined {
  if (line.startsWith("#")) return undefined;
  const field = String.raw`((?:[^\\:]|\\.)*)`;
  const found = new RegExp(`^${field}:${field}:${field}:${field}:(.*)$`).exec(line);
  return found === null ? undefined : found.slice(1);
}

/** A backslash stands before a colon or a backslash that belongs to a field. */
function unescape(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}
