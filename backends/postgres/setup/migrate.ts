/** Migrations: numbered SQL files, forward only, each once, under one lock. @module */
import { BackendUnusable } from "../../errors.ts";
import type { PostgresClient, Sql } from "../connection/client.ts";
import tables from "../../../schema/postgres/001_tables.sql" with { type: "text" };
import append from "../../../schema/postgres/002_append.sql" with { type: "text" };
import pull from "../../../schema/postgres/003_pull.sql" with { type: "text" };
import settle from "../../../schema/postgres/004_settle.sql" with { type: "text" };
import leases from "../../../schema/postgres/005_leases.sql" with { type: "text" };
import deadLetters from "../../../schema/postgres/006_dead_letters.sql" with { type: "text" };
import cases from "../../../schema/postgres/007_cases.sql" with { type: "text" };
import copy from "../../../schema/postgres/008_copy.sql" with { type: "text" };
import trials from "../../../schema/postgres/009_trials.sql" with { type: "text" };
import failures from "../../../schema/postgres/010_failures.sql" with { type: "text" };
import leanPull from "../../../schema/postgres/011_lean_pull.sql" with { type: "text" };
import together from "../../../schema/postgres/012_together.sql" with { type: "text" };
import processors from "../../../schema/postgres/013_processors.sql" with { type: "text" };
import handOver from "../../../schema/postgres/014_hand_over.sql" with { type: "text" };
import share from "../../../schema/postgres/015_share.sql" with { type: "text" };

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** In order. A released migration is never edited: the next change is the next number. */
const migrations: readonly Migration[] = [
  { number: 1, name: "tables", sql: tables },
  { number: 2, name: "append", sql: append },
  { number: 3, name: "pull", sql: pull },
  { number: 4, name: "settle", sql: settle },
  { number: 5, name: "leases", sql: leases },
  { number: 6, name: "dead_letters", sql: deadLetters },
  { number: 7, name: "cases", sql: cases },
  { number: 8, name: "copy", sql: copy },
  { number: 9, name: "trials", sql: trials },
  { number: 10, name: "failures", sql: failures },
  { number: 11, name: "lean_pull", sql: leanPull },
  { number: 12, name: "together", sql: together },
  { number: 13, name: "processors", sql: processors },
  { number: 14, name: "hand_over", sql: handOver },
  { number: 15, name: "share", sql: share },
];

/** PostgreSQL 15: the oldest server we promise to work on. */
const OLDEST_SERVER = 150000;

/**
 * Brings the schema `zaakstroom` up to date. Safe when several nodes start at once: one applies, the others wait and
 * find it done. Throws BackendRefused for a server that is too old, and for a schema that is newer than this program.
 */
export async function migrate(client: PostgresClient, partitions: number): Promise<Migrated> {
  return await client.runIdempotent(async (sql) => {
    const from = await appliedUpTo(sql);
    const to = migrations.length;
    if (from < to) await sql.begin((tx) => apply(tx as unknown as Sql, partitions));
    return { from, to };
  });
}

/** The number of the last migration before and after. */
export interface Migrated {
  readonly from: number;
  readonly to: number;
}

/**
 * The number of the last migration applied; 0 for a database without our schema. Its table is looked for in the catalog:
 * to_regclass may answer from a cache that has not heard yet of what another process has just committed.
 */
async function appliedUpTo(sql: Sql): Promise<number> {
  const [server] = await sql`select current_setting('server_version_num')::int as version,
    current_setting('server_encoding') as encoding,
    exists (select from pg_catalog.pg_tables where (schemaname, tablename) = ('zaakstroom', 'migrations')) as known`;
  if (server!.version < OLDEST_SERVER) {
    throw new BackendUnusable(
      `PostgreSQL ${server!.version / 10000 | 0} is too old: use PostgreSQL 15 or newer`,
    );
  }
  if (server!.encoding !== "UTF8") {
    throw new BackendUnusable(`The database is encoded in ${server!.encoding}: create one in UTF8`);
  }
  if (!server!.known) return 0;
  const [row] = await sql`select coalesce(max(number), 0)::int as number from zaakstroom.migrations`;
  if (row!.number > migrations.length) {
    throw new BackendUnusable(
      `The database is at migration ${
        row!.number
      }, this program knows ${migrations.length}: use a newer zaakstroom`,
    );
  }
  return row!.number;
}

async function apply(tx: Sql, partitions: number): Promise<void> {
  await tx`select pg_advisory_xact_lock(1515236213, 0)`;
  const from = await appliedUpTo(tx);
  if (from === 0) {
    await tx`create schema if not exists zaakstroom`;
    await tx`create table zaakstroom.migrations (
      number integer primary key, name text not null, applied_at timestamptz not null default clock_timestamp())`;
  }
  for (const { number, name, sql } of migrations.slice(from)) {
    await tx.unsafe(sql);
    await tx`insert into zaakstroom.migrations (number, name) values (${number}, ${name})`;
  }
  await tx`insert into zaakstroom.store (partitions) values (${partitions}) on conflict do nothing`;
}
