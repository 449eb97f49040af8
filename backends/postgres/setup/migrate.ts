/**
 * Migrations: applies the table changes that a database has not had and replaces its functions when they differ, in one
 * transaction, one at a time, and never back. A store that holds something is changed by those who ask for it only.
 * @module
 */
import { functionFiles, tableChanges } from "../../../schema/postgres/sql_files.ts";
import {
  functionsOverText,
  functionsText,
  recordText,
  servesFrom,
} from "../../../schema/postgres/schema_text.ts";
import type { PostgresClient } from "../connection/client.ts";
import { codeOf } from "../connection/errors.ts";
import type { Sql } from "../connection/pool.ts";
import {
  hasOtherFunctions,
  inspect,
  isUsable,
  type MigrateMode,
  requireAllowed,
  type WantedSchema,
} from "./schema_state.ts";

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

const OURS: WantedSchema = { changes: tableChanges, functions: functionFiles };

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
    if (isUsable(found, wanted)) return unchanged(found);
    requireAllowed(found, options.mode, wanted);
    const step = () => sql.begin((tx) => apply(tx as unknown as Sql, options, wanted)) as Promise<Migrated>;
    return await step().catch((error) => {
      if (!MADE_MEANWHILE.has(codeOf(error) ?? "")) throw error;
      return step();
    });
  });
}

function unchanged({ version, partitions }: { version: number; partitions: number }): Migrated {
  return { from: version, to: version, functionsReplaced: false, partitions };
}

async function apply(tx: Sql, options: MigrateOptions, wanted: WantedSchema): Promise<Migrated> {
  await waitForOthers(tx);
  const found = await inspect(tx);
  if (isUsable(found, wanted)) return unchanged(found);
  requireAllowed(found, options.mode, wanted);
  const functionsReplaced = hasOtherFunctions(found, wanted);
  await tx.unsafe(stepText(found.version, functionsReplaced, options.partitions, wanted));
  const made = await inspect(tx);
  return { from: found.version, to: made.version, functionsReplaced, partitions: made.partitions };
}

/** What several make at once, all but the first are told of in one of these ways when the first has committed. */
const MADE_MEANWHILE: ReadonlySet<string> = new Set(["23505", "42P06", "42P07"]);

/**
 * Has one migration after another look at the store. Only its owner takes this lock of a table, while an advisory lock could be held
 * by anybody who has a session. Where there is no store, whoever makes the schema second waits for the first.
 */
async function waitForOthers(tx: Sql): Promise<void> {
  const { version } = await inspect(tx);
  if (version > 0) await tx`lock table zaakstroom.table_changes in share row exclusive mode`;
  else await tx`create schema if not exists zaakstroom`;
}

/**
 * Nodes wait behind a statement that waits for a lock of a table: after two seconds it gives way, and the client, which
 * waits 15, applies the whole step again.
 */
const LOCK_TIMEOUT = "set local lock_timeout = '2s';";

/** All that makes the wanted schema of one at a version. */
function stepText(from: number, replace: boolean, partitions: number, wanted: WantedSchema): string {
  const changes = wanted.changes.filter(({ number }) => number > from);
  const { before, after } = functionSteps(from, changes.at(-1), wanted);
  return [
    LOCK_TIMEOUT,
    replace ? before : "",
    ...changes.map(({ sql }) => sql),
    replace ? after : "",
    recordText(changes, wanted.functions, partitions),
  ].join("\n");
}

/**
 * Functions go before the tables change and come after, because a table that one of them names as a type can't be dropped.
 * In a step that serves the programs of the version before, which run, only those go that neither version has, and the
 * others keep their identity: a statement may have looked a function up at the moment in which it is dropped.
 */
function functionSteps(
  from: number,
  last: WantedSchema["changes"][number] | undefined,
  wanted: WantedSchema,
) {
  const { functions } = wanted;
  if (from === 0) return { before: "", after: functionsText(functions) };
  if (last === undefined || servesFrom(last) > from) {
    return { before: dropFunctions([]), after: functionsText(functions) };
  }
  return { before: dropFunctions(functions.map(({ name }) => name)), after: functionsOverText(functions) };
}

/** The schema is ours, so what is in it is; but for what an extension has put there, and for what is kept by its name. */
function dropFunctions(kept: readonly string[]): string {
  return `do $$
  declare
    v_function regprocedure;
  begin
    for v_function in select p.oid from pg_catalog.pg_proc p where p.pronamespace = 'zaakstroom'::regnamespace
      and p.proname <> all ('{${kept.join(",")}}')
      and not exists (select from pg_catalog.pg_depend d where (d.classid, d.objid, d.deptype) = ('pg_proc'::regclass, p.oid, 'e'))
    loop
      execute format('drop routine %s', v_function);
    end loop;
  end
$$;`;
}
