/** How the schema of a database stands, and whether a program works with it. @module */
import { type FunctionFile, hashOf, type TableChange } from "../../../schema/postgres/schema_text.ts";
import { BackendUnusable } from "../../errors.ts";
import { servesProgram, type StoreVersion } from "../../primitives/store_version.ts";
import type { Sql } from "../connection/pool.ts";

/** `apply`: makes the schema or brings it up to date; `if-empty`: makes it where there is none; `check`: changes nothing. */
export type MigrateMode = "apply" | "if-empty" | "check";

/** How a schema stands: its version, which functions it has, and the partitions of its store. */
interface Found extends StoreVersion {
  readonly functions: string;
  readonly partitions: number;
}

const EMPTY: Found = { version: 0, servesFrom: 0, functions: "", partitions: 0 };

/** PostgreSQL 15: the oldest server we promise to work on. */
const OLDEST_SERVER = 150000;

/** What a program works with: its table changes, the last one being its version, and its functions. */
export interface WantedSchema {
  readonly changes: readonly TableChange[];
  readonly functions: readonly FunctionFile[];
}

/**
 * Reads how the schema stands. Tables are looked for in the catalog: to_regclass may answer from a cache that has not heard
 * yet of a commit elsewhere. Throws BackendUnusable for a server that is too old, and for a store from before a release.
 */
export async function inspect(sql: Sql): Promise<Found> {
  const [server] = await sql`select current_setting('server_version_num')::int as version,
    current_setting('server_encoding') as encoding,
    exists (select from pg_catalog.pg_tables where (schemaname, tablename) = ('zaakstroom', 'table_changes')) as known,
    exists (select from pg_catalog.pg_tables where (schemaname, tablename) = ('zaakstroom', 'migrations')) as unreleased,
    exists (select from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where (n.nspname, c.relname, a.attname) = ('zaakstroom', 'table_changes', 'serves_from')) as versioned`;
  requireServer(server!.version, server!.encoding);
  if (server!.unreleased || server!.known && !server!.versioned) {
    throw new BackendUnusable(
      "The store was made by an earlier version of this program; nothing was released, so there is no conversion: " +
        "start with an empty database",
    );
  }
  return server!.known ? await readState(sql) : EMPTY;
}

async function readState(sql: Sql): Promise<Found> {
  const [row] = await sql<[Found]>`
    select coalesce(max(number), 0)::int as version,
      coalesce((array_agg(serves_from order by number desc))[1], 0)::int as "servesFrom",
      coalesce((select functions from zaakstroom.store), '') as functions,
      coalesce((select partitions from zaakstroom.store), 0)::int as partitions from zaakstroom.table_changes`;
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

/** True for the schema of this program, and for the next one where that serves it: its functions are then not this program's. */
export function isUsable(found: Found, wanted: WantedSchema): boolean {
  const known = versionOf(wanted);
  return servesProgram(found, known) && (found.version > known || !hasOtherFunctions(found, wanted));
}

/** True when the functions are not those of this program. */
export function hasOtherFunctions({ functions }: Found, wanted: WantedSchema): boolean {
  return functions !== hashOf(wanted.functions);
}

function versionOf({ changes }: WantedSchema): number {
  return changes.at(-1)!.number;
}

/** Throws BackendUnusable where the schema is newer than what this program works with, or older and `mode` keeps it so. */
export function requireAllowed({ version }: Found, mode: MigrateMode, wanted: WantedSchema): void {
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
