/** The connections to PostgreSQL: every statement has a deadline, and errors come out as the contract names them. @module */
import { delay } from "@std/async/delay";
import { BackendUnavailable } from "../../errors.ts";
import { SharedDeadline } from "../../primitives/shared_deadline.ts";
import type { Dialer } from "./dialer.ts";
import {
  type DriverOptions,
  driverOptions,
  type PostgresTarget,
  processSurroundings,
} from "./driver_options.ts";
import {
  brokeOff,
  isReadOnly,
  isTransient,
  isUnavailable,
  isUnreachable,
  readOnlyError,
  translate,
} from "./errors.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { dialerOf, openPool, type Sql } from "./pool.ts";
import { Semaphore } from "./semaphore.ts";

interface ClientOptions {
  /** Connections at most. Default 8. */
  connections?: number;
  /** After this many milliseconds without an answer a connection counts as dead. Default 15,000. */
  deadlineMs?: number;
}

/** Transactions that others were in the way of are tried again this many times, about 50 and 100 milliseconds later. */
const TRANSIENT_RETRIES = 2;
/** A server that took writes for this long starts a new series of intervals. */
const FORGET_SWITCHOVERS_MS = 10_000;

/** A pool of connections that survives the loss of the server. */
export class PostgresClient {
  readonly pooler: boolean;
  #sql: Sql;
  #closed = false;
  /** No pool is dropped for a read-only server before this time, in milliseconds of this process. */
  #leaveReadOnlyAt = 0;
  #switchovers = 0;
  /** Pools that led to a read-only server. */
  readonly #left = new WeakSet<Sql>();
  #redial = new AbortController();
  readonly #dialed: { readonly options: DriverOptions; readonly dialer: Dialer };
  readonly #options: Required<ClientOptions>;
  /**
   * Behind a pooler no connection may have two statements under way, as postgres.js likes to send them: the pooler hands
   * the server on after the first answer, and the second one is lost (seen with pgbouncer 1.18).
   */
  readonly #semaphore: Semaphore;
  readonly #deadline: SharedDeadline;

  constructor(target: PostgresTarget, options: ClientOptions = {}) {
    this.#options = { connections: 8, deadlineMs: 15_000, ...options };
    this.#semaphore = new Semaphore(this.#options.connections);
    this.#deadline = new SharedDeadline(this.#options.deadlineMs);
    this.pooler = target.pooler ?? false;
    const driver = driverOptions(target, processSurroundings);
    this.#dialed = { options: driver, dialer: dialerOf(driver) };
    this.#sql = this.#open(this.#options.connections);
  }

  /** Pools come and go; the dialer, which knows the server that was good, stays. */
  #open(connections: number): Sql {
    const { options, dialer } = this.#dialed;
    return openPool(options, dialer, { connections, pooler: this.pooler });
  }

  /** One connection of the caller's own, who ends it. None is made before its first statement. */
  openSession(): Sql {
    return this.#open(1);
  }

  /**
   * Runs one statement or transaction on the pool, and again when others were in its way for a moment, which undid it. Throws
   * BackendUnavailable when there was no answer (whether a write happened is then unknown) and BackendUnusable when a person
   * must act.
   */
  async run<T>(work: (sql: Sql) => PromiseLike<T>): Promise<T> {
    for (let tries = 0;; tries++) {
      try {
        return await this.runOnce(work);
      } catch (error) {
        const isLast = tries === TRANSIENT_RETRIES || this.#closed;
        if (isLast || !isTransient((error as Error).cause)) throw error;
        await delay(retryDelayMs(tries));
      }
    }
  }

  /** As `run`, and leaves it to the caller whether what was in the way is waited out. */
  async runOnce<T>(work: (sql: Sql) => PromiseLike<T>): Promise<T> {
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
      if (isReadOnly(error)) this.#leaveReadOnly(sql);
      // What was under way on a pool that was left ends with it, for the same reason.
      throw this.#left.has(sql) && isUnavailable(error) ? readOnlyError(error) : error;
    }
  }

  /** postgres.js has no query timeout: without this deadline a server that never answers holds a statement for ever. */
  #beforeDeadline<T>(sql: Sql, answer: PromiseLike<T>): Promise<T> {
    return this.#deadline.race(answer, () => {
      this.#replace(sql);
      const { deadlineMs: silentMs } = this.#options;
      return new BackendUnavailable(`PostgreSQL gave no answer within ${silentMs} ms`, { silentMs });
    });
  }

  /** Asks the server for any answer, on a connection of its own. What it refuses by is an answer. */
  async probe(signal: AbortSignal): Promise<void> {
    const sql = this.openSession();
    const end = () => void sql.end({ timeout: 0 }).catch(() => {});
    signal.addEventListener("abort", end, { once: true });
    try {
      await sql`select 1`;
    } catch (error) {
      if (isUnreachable(error)) throw translate(error);
    } finally {
      signal.removeEventListener("abort", end);
      end();
    }
  }

  /** Leaves connections on which nothing comes any more, and has listeners make new ones. */
  dropConnections(): void {
    this.#replace(this.#sql);
    this.#renewSessions("silent");
  }

  #renewSessions(reason: string): void {
    this.#redial.abort(reason);
    this.#redial = new AbortController();
  }

  /**
   * After a switchover connections stay on the server that was the primary and takes no writes any more: they are dropped, and
   * new ones may lead to its successor. While they do not, they are dropped again at growing intervals.
   */
  #leaveReadOnly(sql: Sql): void {
    const now = performance.now();
    if (this.#sql !== sql || now < this.#leaveReadOnlyAt) return;
    this.#switchovers = now - this.#leaveReadOnlyAt > FORGET_SWITCHOVERS_MS ? 0 : this.#switchovers + 1;
    this.#leaveReadOnlyAt = now + retryDelayMs(this.#switchovers);
    this.#left.add(sql);
    this.#dialed.dialer.moveOn();
    this.#replace(sql);
    this.#renewSessions("read-only");
  }

  /** Aborts when connections made so far lead to the wrong server, or to none. */
  get redial(): AbortSignal {
    return this.#redial.signal;
  }

  /** Drops a pool with its statements under way, and opens a new one. */
  #replace(dead: Sql): void {
    if (this.#sql !== dead || this.#closed) return;
    this.#sql = this.#open(this.#options.connections);
    dead.end({ timeout: 0 }).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#sql.end({ timeout: 5 });
    this.#deadline.close();
  }
}
