/** The connections to PostgreSQL: every statement has a deadline, and errors come out as the contract names them. @module */
import { connect as dial, type Socket } from "node:net";
import postgres from "postgres";
import { BackendUnavailable } from "../../errors.ts";
import { SharedDeadline } from "../../primitives/shared_deadline.ts";
import { brokeOff, isUnavailable, translate } from "./errors.ts";
import { Semaphore } from "./semaphore.ts";

/** Where and how to connect. */
export interface PostgresTarget {
  /**
   * `postgres://user@host:port/database`. The host may be the directory of a unix socket, written as libpq has it:
   * `postgres://user@%2Frun%2Fpostgresql/database`; or leave the URL out and give `host` and the rest below.
   */
  url?: string;
  host?: string;
  port?: number;
  user?: string;
  database?: string;
  /** A transaction pooler is in front: no session settings, no prepared statements, no LISTEN. */
  pooler?: boolean;
}

interface ClientOptions {
  /** Connections at most. Default 8. */
  connections?: number;
  /** After this many milliseconds without an answer a connection counts as dead. Default 15,000. */
  deadlineMs?: number;
}

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

/** How long connecting may take. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A pool of connections that survives the loss of the server. */
export class PostgresClient {
  #sql: Sql;
  #closed = false;
  readonly #target: PostgresTarget;
  readonly #options: Required<ClientOptions>;
  /**
   * Behind a pooler no connection may have two statements under way, as postgres.js likes to send them: the pooler hands
   * the server on after the first answer, and the second one is lost (seen with pgbouncer 1.18).
   */
  readonly #semaphore: Semaphore;
  readonly #deadline: SharedDeadline;

  constructor(target: PostgresTarget, options: ClientOptions = {}) {
    this.#target = target;
    this.#options = { connections: 8, deadlineMs: 15_000, ...options };
    this.#semaphore = new Semaphore(this.#options.connections);
    this.#deadline = new SharedDeadline(this.#options.deadlineMs);
    this.#sql = connect(target, this.#options.connections);
  }

  get pooler(): boolean {
    return this.#target.pooler ?? false;
  }

  /**
   * Runs statements on the pool. Throws BackendUnavailable when there was no answer (whether a write happened is then
   * unknown) and BackendUnusable when a person must act.
   */
  async run<T>(work: (sql: Sql) => PromiseLike<T>): Promise<T> {
    const done = this.pooler ? await this.#semaphore.acquire() : () => {};
    try {
      if (this.#closed) throw new BackendUnavailable("The connections to PostgreSQL are closed");
      return await this.#replacingBroken(this.#sql, work);
    } catch (error) {
      throw translate(error);
    } finally {
      done();
    }
  }

  /** Runs statements that may safely run twice: once more after a passing error. */
  async runIdempotent<T>(work: (sql: Sql) => PromiseLike<T>): Promise<T> {
    try {
      return await this.run(work);
    } catch (error) {
      if (!isUnavailable(error) || this.#closed) throw error;
      return await this.run(work);
    }
  }

  /**
   * Replaces the pool when a connection broke off in the middle of an answer: postgres.js then adds the rows that had arrived
   * to the next answer on that connection (seen with 3.4.9). Other statements on the pool fail as unavailable.
   */
  async #replacingBroken<T>(sql: Sql, work: (sql: Sql) => PromiseLike<T>): Promise<T> {
    try {
      return await this.#beforeDeadline(sql, work(sql));
    } catch (error) {
      if (brokeOff(error)) this.#replace(sql);
      throw error;
    }
  }

  /** postgres.js has no query timeout: without this deadline a server that never answers holds a statement for ever. */
  #beforeDeadline<T>(sql: Sql, answer: PromiseLike<T>): Promise<T> {
    return this.#deadline.race(answer, () => {
      this.#replace(sql);
      return new BackendUnavailable(`PostgreSQL gave no answer within ${this.#options.deadlineMs} ms`);
    });
  }

  /** Drops a pool with its statements under way, and opens a new one. */
  #replace(dead: Sql): void {
    if (this.#sql !== dead || this.#closed) return;
    this.#sql = connect(this.#target, this.#options.connections);
    dead.end({ timeout: 0 }).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#sql.end({ timeout: 5 });
    this.#deadline.close();
  }
}

/** Opens a pool. No connection is made before the first statement. */
export function connect(given: PostgresTarget, connections: number): Sql {
  const target = socketTarget(given) ?? given;
  const options = {
    ...(target.url === undefined ? addressOf(target) : {}),
    max: connections,
    prepare: !target.pooler,
    fetch_types: false,
    connect_timeout: CONNECT_TIMEOUT_MS / 1000,
    backoff: () => 0.1 + Math.random() * 0.2,
    onnotice: () => {},
    // Connections need not be renewed, and the timer for it outlives a pool that is closed while it dials.
    max_lifetime: null,
    types: { bigint: bigintAsNumber },
    connection: target.pooler ? { application_name: SESSION.application_name } : SESSION,
    socket: openSocket,
  } as postgres.Options<{ bigint: postgres.PostgresType<number> }>;
  const sql = target.url === undefined ? postgres(options) : postgres(target.url, options);
  return sql as unknown as Sql;
}

/** The parts of a URL whose host is a directory, which postgres.js takes by parts only; undefined for any other target. */
function socketTarget({ url, pooler = false }: PostgresTarget): PostgresTarget | undefined {
  const parts = /^postgres(?:ql)?:\/\/(?:([^:@/]+)@)?(%2F[^:/?]*)(?::(\d+))?\/([^?]+)/i.exec(url ?? "");
  if (parts === null) return undefined;
  const [user = "zaakstroom", host, port = "5432", database] = parts.slice(1).map((part) =>
    part && decodeURIComponent(part)
  );
  return { host: host!, port: Number(port), user, database: database!, pooler };
}

function addressOf({ host, port, user, database }: PostgresTarget) {
  return {
    host: host!,
    port: port ?? 5432,
    username: user ?? "zaakstroom",
    database: database ?? "zaakstroom",
  };
}

/** postgres.js leaves Nagle's algorithm on, which holds small messages back by tens of milliseconds. */
function openSocket(options: { path?: string; host: string[]; port: number[] }): Promise<Socket> {
  const socket = options.path ? dial(options.path) : dial({ host: options.host[0]!, port: options.port[0]! });
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy();
      reject(Object.assign(new Error("No connection in time"), { code: "CONNECT_TIMEOUT" }));
    }, CONNECT_TIMEOUT_MS);
    socket.once("error", (error) => (clearTimeout(timer), reject(error)));
    socket.once("connect", () => (clearTimeout(timer), resolve(socket)));
  });
}
