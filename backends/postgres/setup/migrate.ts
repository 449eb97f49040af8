/**
 * Migrations: applies the table changes that a database has not had and replaces its functions when they differ, in one
 * transaction under one lock. A store that holds something is changed by those who ask for it only.
 * @module
 */
import { functionFiles, tableChanges } from "../../../schema/postgres/sql_files.ts";
import {
  type FunctionFile,
  functionsText,
  hashOf,
  recordText,
  type TableChange,
} from "../../../schema/postgres/schema_text.ts";
import { BackendUnusable } from "../../errors.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";

/** `apply`: makes the schema or brings it up to date; `if-empty`: makes it where there is none; `check`: changes nothing. */
export type MigrateMode = "apply" | "if-empty" | "check";

interface MigrateOptions {
  readonly mode: MigrateMode;
  /** Of a new store. */
  readonly partitions: number;
}

/** What was found, and what was done about it. */
export interface Migrated {
  /** The number of the last table change before and after; 0 for a database without our schema. */
  readonly from: number;
  readonly to: number;
  /** The functions were replaced, or made. */
  readonly functionsReplaced: boolean;
  /** Of the store. */
  readonly partitions: number;
}

/** How a schema stands: its version, which functions it has, and the partitions of its store. */
interface Found {
  readonly version: number;
  readonly functions: string;
  readonly partitions: number;
}

const EMPTY: Found = { version: 0, functions: "", partitions: 0 };

/** PostgreSQL 15: the oldest server we promise to work on. */
const OLDEST_SERVER = 150000;

/** What a program works with: its table changes, the last one being its version, and its functions. */
interface WantedSchema {
  readonly changes: readonly TableChange[];
  readonly functions: readonly FunctionFile[];
}

const OURS: WantedSchema = { changes: tableChanges, functions: functionFiles };

/** The schema is ours, so what is in it is; but for what an extension has put there. */
const DROP_FUNCTIONS = `do $$
  declare
    v_function regprocedure;
  begin
    for v_function in select p.oid from pg_catalog.pg_proc p where p.pronamespace = 'zaakstroom'::regnamespace
      and not exists (select from pg_catalog.pg_depend d where (d.classid, d.objid, d.deptype) = ('pg_proc'::regclass, p.oid, 'e'))
    loop
      execute format('drop routine %s', v_function);
    end loop;
  end
$$;`;

/**
 * Brings the schema `zaakstroom` up to date, as far as `mode` allows. Safe when several nodes start at once: one applies,
 * the others wait and find it done. Throws BackendUnusable for a server that is too old, and for a schema that this program
 * can't work with, with one line that says what to do.
 */
export async function migrate(
  client: PostgresClient,
  options: MigrateOptions,
  wanted: WantedSchema = OURS,
): Promise<Migrated> {
  return await client.runIdempotent(async (sql) => {
    const found = await inspect(sql);
    if (isCurrent(found, wanted)) return unchanged(found);
    requireAllowed(found, options.mode, wanted);
    return await sql.begin((tx) => apply(tx as unknown as Sql, options, wanted)) as Migrated;
  });
}

/** The table is looked for in the catalog: to_regclass may answer from a cache that has not heard yet of a commit elsewhere. */
async function inspect(sql: Sql): Promise<Found> {
  const [server] = await sql`select current_setting('server_version_num')::int as version,
    current_setting('server_encoding') as encoding,
    exists (select from pg_catalog.pg_tables where (schemaname, tablename) = ('zaakstroom', 'table_changes')) as known,
    exists (select from pg_catalog.pg_tables where (schemaname, tablename) = ('zaakstroom', 'migrations')) as unreleased`;
  requireServer(server!.version, server!.encoding);
  if (server!.unreleased) {
    throw new BackendUnusable(
      "The store was made by an earlier version of this program; nothing was released, so there is no conversion: " +
        "start with an empty database",
    );
  }
  if (!server!.known) return EMPTY;
  const [row] = await sql<[Found]>`
    select (select coalesce(max(number), 0)::int from zaakstroom.table_changes) as version,
      coalesce(max(functions), '') as functions, coalesce(max(partitions), 0)::int as partitions from zaakstroom.store`;
  return row;
}

function requireServer(version: number, encoding: string): void {
  if (version < OLDEST_SERVER) {
    throw new BackendUnusable(`PostgreSQL ${version / 10000 | 0} is too old: use PostgreSQL 15 or newer`);
  }
  if (encoding !== "UTF8") {
    throw new BackendUnusable(`The database is encoded in ${encoding}: create one in UTF8`);
  }
}

function isCurrent({ version, functions }: Found, wanted: WantedSchema): boolean {
  return version === versionOf(wanted) && functions === hashOf(wanted.functions);
}

function versionOf({ changes }: WantedSchema): number {
  return changes.at(-1)!.number;
}

function unchanged({ version, partitions }: Found): Migrated {
  return { from: version, to: version, functionsReplaced: false, partitions };
}

function requireAllowed({ version }: Found, mode: MigrateMode, wanted: WantedSchema): void {
  const known = versionOf(wanted);
  if (version > known) {
    throw new BackendUnusable(
      `The database is at version ${version}, this program knows ${known}: use a newer zaakstroom`,
    );
  }
  if (mode === "apply" || mode === "if-empty" && version === 0) return;
  throw new BackendUnusable(adviceOn(version, known));
}

/** What keeps a program that changes nothing from working with an older schema, and what to do. */
function adviceOn(version: number, known: number): string {
  if (version === 0) return "The database has no store yet: run the setup or start command, which make it";
  const older = version < known
    ? `The database is at version ${version}, this program needs ${known}`
    : "The functions in the database are of another version of this program";
  return `${older}: run its setup or start command, which bring the database up to date`;
}

async function apply(tx: Sql, options: MigrateOptions, wanted: WantedSchema): Promise<Migrated> {
  await tx`select pg_advisory_xact_lock(1515236213, 0)`;
  const found = await inspect(tx);
  if (isCurrent(found, wanted)) return unchanged(found);
  requireAllowed(found, options.mode, wanted);
  const changes = wanted.changes.filter(({ number }) => number > found.version);
  const functionsReplaced = found.functions !== hashOf(wanted.functions);
  // Functions go before the tables change and come after, because a table that one of them names as a type can't be dropped.
  await tx.unsafe(
    [
      functionsReplaced && found.version > 0 ? DROP_FUNCTIONS : "",
      ...changes.map(({ sql }) => sql),
      functionsReplaced ? functionsText(wanted.functions) : "",
      recordText(changes, wanted.functions, options.partitions),
    ].join("\n"),
  );
  const made = await inspect(tx);
  return { from: found.version, to: made.version, functionsReplaced, partitions: made.partitions };
}
