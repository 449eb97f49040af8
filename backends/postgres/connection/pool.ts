/** A pool of postgres.js: the settings of its sessions, how they are dialled, and what works round the library. @module */
import { Duplex } from "node:stream";
import postgres from "postgres";
import { Dialer, type ServerState } from "./dialer.ts";
import { type DriverOptions, processSurroundings, type ServerAddress } from "./driver_options.ts";
import { readPassword } from "./password_file.ts";

export type Sql = postgres.Sql<{ bigint: number }>;

/** bigint columns as numbers: positions stay below 2^53. */
const bigintAsNumber = {
  to: 20,
  from: [20],
  serialize: (value: number) => String(value),
  parse: (text: string) => Number(text),
};

/** Settings of a session; the timeouts end statements of a process that was stopped or cut off. */
const SESSION = {
  application_name: "zaakstroom",
  TimeZone: "UTC",
  synchronous_commit: "on",
  statement_timeout: 60_000,
  idle_in_transaction_session_timeout: 30_000,
  client_min_messages: "warning",
  jit: false,
};

/** Opens a pool. No connection is made before its first statement. */
export function openPool(
  driver: DriverOptions,
  dialer: Dialer,
  { connections, pooler }: { readonly connections: number; readonly pooler: boolean },
): Sql {
  const { servers, user, password, database, settings, connectTimeoutMs } = driver;
  const session = pooler ? { application_name: SESSION.application_name } : SESSION;
  const options = {
    // One server for messages: with more, postgres.js would wait for a dial of its own after an error of ours.
    ...servers[0]!,
    user,
    // A function, since an empty password would be looked for in the environment, and a file may be renewed.
    password: () => password ?? passwordFromFile(driver, dialer.server) ?? "",
    database,
    ssl: false,
    max: connections,
    prepare: !pooler,
    fetch_types: false,
    connect_timeout: connectTimeoutMs / 1000,
    backoff: () => 0.1 + Math.random() * 0.2,
    onnotice: () => {},
    // Connections need not be renewed, and the timer for it outlives a pool that is closed while it dials.
    max_lifetime: null,
    types: { bigint: bigintAsNumber },
    connection: { ...session, ...settings },
    socket: () => dialer.open().catch(failedSocket),
  } as postgres.Options<{ bigint: postgres.PostgresType<number> }>;
  return withoutVariable("PGTARGETSESSIONATTRS", () => postgres(options)) as unknown as Sql;
}

function passwordFromFile(
  { passwordFile, database, user }: DriverOptions,
  server: ServerAddress,
): string | undefined {
  return passwordFile && readPassword(passwordFile, { ...server, database, user });
}

/**
 * A socket that fails by this error. A dial that rejects would leave its connection among those that are being made for good:
 * after as many as the pool has, no statement would find one. It fails when the first message is written: before, the
 * message would stay behind in the connection and hold up all that follow (both seen with 3.4.9).
 */
function failedSocket(error: Error): Duplex {
  return new Duplex({ read() {}, write: (_message, _encoding, done) => done(error) });
}

/** postgres.js reads this variable whatever its options say, and fails at libpq's default, `any`. */
function withoutVariable<T>(name: string, work: () => T): T {
  const value = processSurroundings.variable(name);
  if (value === undefined) return work();
  Deno.env.delete(name);
  try {
    return work();
  } finally {
    Deno.env.set(name, value);
  }
}

/** The dialer of a client, by which all its pools connect. */
export function dialerOf(options: DriverOptions): Dialer {
  return new Dialer(options, (server) => readState(options, server));
}

/** Asks one server what it is. */
async function readState(options: DriverOptions, server: ServerAddress): Promise<ServerState> {
  const alone: DriverOptions = { ...options, servers: [server], targetSession: "any" };
  const sql = openPool(alone, dialerOf(alone), { connections: 1, pooler: true });
  try {
    const [state] = await sql<ServerState[]>`
      select pg_is_in_recovery() as standby,
        current_setting('transaction_read_only') = 'on' as "readOnly"`;
    return state!;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
