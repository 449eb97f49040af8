/**
 * The database of read models: SQLite, in a file of the node or in memory. Loaded only where a read model is kept. Whatever is in
 * it can be made anew from the log: a file of another store, of another layout or without sense is made anew.
 * @module
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";

const LAYOUT = 1;
/** How long a process waits for another one that writes to the file. */
const BUSY_MS = 5_000;
/** Texts of SQLite: Deno gives the code of an error for some calls alone. */
const BUSY = ["database is locked", "database table is locked"];
const NO_DATABASE = ["file is not a database", "database disk image is malformed"];

const TABLES = `
  create table store (name text not null);
  create table builds (
    id integer primary key autoincrement, name text not null, state text not null, shape text not null,
    created_at integer not null, served_at integer, differences integer, projector text, claimed_until integer);
  create table checkpoints (
    build integer not null, partition integer not null, checkpoint integer not null default 0, last_event text,
    held text, skipped integer not null default 0, last_skipped text, primary key (build, partition)) without rowid;`;

/** What a statement is given and gives. */
type Values = readonly SQLInputValue[];
export type SqlRow = Readonly<Record<string, string | number | null>>;

export class ModelDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens the read models of a store; what is there of another one is removed. */
  static open(file: string | undefined, store: string): ModelDatabase {
    try {
      return opened(file, store) ?? anew(file, store);
    } catch (error) {
      throw named(error, file);
    }
  }

  constructor(database: DatabaseSync, readonly file: string | undefined) {
    this.#database = database;
  }

  all(text: string, ...values: Values): SqlRow[] {
    return this.#naming(() => this.#prepared(text).all(...values) as SqlRow[]);
  }

  /** How many rows were changed. */
  run(text: string, ...values: Values): number {
    return this.#naming(() => Number(this.#prepared(text).run(...values).changes));
  }

  /** Runs statements without parameters, such as those that make tables. Nothing prepared outlives them. */
  define(text: string): void {
    this.#statements.clear();
    this.#naming(() => this.#database.exec(text));
  }

  /** All of it or nothing. */
  atOnce<T>(work: () => T): T {
    this.#naming(() => this.#database.exec("begin immediate"));
    try {
      const done = work();
      this.#naming(() => this.#database.exec("commit"));
      return done;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const made = this.#database.prepare(text);
    this.#statements.set(text, made);
    return made;
  }

  #naming<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw named(error, this.file);
    }
  }
}

/** The database of this store; undefined for one of another store or layout, or what is none. */
function opened(file: string | undefined, store: string): ModelDatabase | undefined {
  // Only its user may read it: a case may be known by a BSN.
  if (file !== undefined) Deno.openSync(file, { create: true, write: true, mode: 0o600 }).close();
  const database = new DatabaseSync(file ?? ":memory:", { timeout: BUSY_MS });
  try {
    database.exec("pragma journal_mode = wal; pragma synchronous = normal");
    return isMadeFor(database, store) ? new ModelDatabase(database, file) : (database.close(), undefined);
  } catch (error) {
    database.close();
    if (!NO_DATABASE.includes((error as Error).message)) throw error;
    return undefined;
  }
}

function isMadeFor(database: DatabaseSync, store: string): boolean {
  database.exec("begin immediate");
  const { user_version: layout } = database.prepare("pragma user_version").get() as { user_version: number };
  if (layout === 0) {
    database.exec(`${TABLES} pragma user_version = ${LAYOUT};`);
    database.prepare("insert into store values (?)").run(store);
  }
  const isSame = layout === 0 || layout === LAYOUT;
  const is = isSame && database.prepare("select name from store").get()?.name === store;
  database.exec("commit");
  return is;
}

function anew(file: string | undefined, store: string): ModelDatabase {
  for (const each of file === undefined ? [] : [file, `${file}-wal`, `${file}-shm`]) {
    try {
      Deno.removeSync(each);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const made = opened(file, store);
  if (made === undefined) {
    throw new BackendUnusable(`The read models in ${file} are written by another program`);
  }
  return made;
}

/** An error of the database, or of its file, as those of a store: it is busy, or it can't be used. */
function named(error: unknown, file = "memory"): unknown {
  const { code, message } = error as Error & { code?: string };
  if (BUSY.includes(message)) {
    return new BackendUnavailable(`The read models in ${file} are busy: ${message}`, { cause: error });
  }
  if (code === undefined || !/^(?:ERR_SQLITE_ERROR|E[A-Z]+)$/.test(code)) return error;
  return new BackendUnusable(`Cannot keep read models in ${file}: ${message}`, { cause: error });
}
