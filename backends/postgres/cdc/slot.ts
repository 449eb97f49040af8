/** The slot and the publication of a stream of changes: made, looked at, and removed. @module */
import { InsufficientRights } from "../../errors.ts";
import { BackupError } from "../../backup/errors.ts";
import { type Lsn, parseLsn } from "../../backup/wal_position.ts";
import type { PostgresClient } from "../connection/client.ts";
import { nameOf, type TableName } from "./snapshot.ts";

/** How a slot stands. */
interface SlotStatus {
  readonly slot: string;
  readonly active: boolean;
  /** `reserved`, `extended`, `unreserved` (about to be lost) or `lost`. */
  readonly wal_status: string | null;
  readonly confirmed: string | null;
  /** Bytes of the log behind what was confirmed, and bytes that the server keeps for it. */
  readonly behind_bytes: number | null;
  /** Since when its reader is away, or how late it confirms; null where the server does not say (before 17). */
  readonly behind_seconds: number | null;
  readonly retained_bytes: number | null;
  /** Bytes until it is lost; null where the server keeps its log without bound. */
  readonly safe_bytes: number | null;
  readonly tables: readonly string[];
}

/** Every slot of this database that decodes by pgoutput, or the one of a name. */
export async function readSlots(client: PostgresClient, slot?: string): Promise<readonly SlotStatus[]> {
  return await client.run((sql) =>
    sql<SlotStatus[]>`
      select s.slot_name::text as slot, s.active, s.wal_status, s.confirmed_flush_lsn::text as confirmed,
        pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn)::float8 as behind_bytes,
        extract(epoch from case when s.active then coalesce(r.flush_lag, interval '0')
          else clock_timestamp() - (to_jsonb(s) ->> 'inactive_since')::timestamptz end)::float8 as behind_seconds,
        pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::float8 as retained_bytes,
        s.safe_wal_size::float8 as safe_bytes,
        (select coalesce(json_agg(t.schemaname || '.' || t.tablename order by 1), '[]') from pg_publication_tables t
          where t.pubname = s.slot_name) as tables
      from pg_replication_slots s left join pg_stat_replication r on r.pid = s.active_pid
      where s.database = current_database() and s.plugin = 'pgoutput' and s.slot_name = coalesce(${
      slot ?? null
    }::text, s.slot_name)
      order by s.slot_name`
  );
}

/**
 * Makes the publication of these tables, or brings it to them. It has the name of the slot. One that is right already is left alone:
 * only who owns the tables may change it.
 */
export async function ensurePublication(
  client: PostgresClient,
  slot: string,
  tables: readonly TableName[],
): Promise<void> {
  const list = sortedNames(tables);
  await client.run(async (sql) => {
    const [found] = await sql`select from pg_publication where pubname = ${slot}`;
    // Messages in the log need a publication, and no table in it.
    if (list === "") return found === undefined ? await sql.unsafe(`create publication "${slot}"`) : found;
    const published = await sql<TableName[]>`
      select schemaname as schema, tablename as "table" from pg_publication_tables where pubname = ${slot}`;
    if (found !== undefined && list === sortedNames(published)) return;
    await sql.unsafe(
      found === undefined
        ? `create publication "${slot}" for table ${list}`
        : `alter publication "${slot}" set table ${list}`,
    );
  });
}

function sortedNames(tables: readonly TableName[]): string {
  return tables.map(nameOf).sort().join(", ");
}

const SNAPSHOT_OPEN = "a snapshot was begun, and not ended";

/** Whether a snapshot of the slot was begun and not ended: a sink without a place of its own can't know. */
export async function isSnapshotOpen(client: PostgresClient, slot: string): Promise<boolean> {
  const [row] = await client.run((sql) =>
    sql`select from pg_publication
      where pubname = ${slot} and obj_description(oid, 'pg_publication') = ${SNAPSHOT_OPEN}`
  );
  return row !== undefined;
}

/** False where the publication belongs to another role: then nothing is known of a snapshot that is cut off. */
export async function markSnapshot(client: PostgresClient, slot: string, isOpen: boolean): Promise<boolean> {
  const comment = isOpen ? `'${SNAPSHOT_OPEN}'` : "null";
  try {
    await client.run((sql) => sql.unsafe(`comment on publication "${slot}" is ${comment}`));
    return true;
  } catch (error) {
    if (error instanceof InsufficientRights) return false;
    throw error;
  }
}

/** Removes slot and publication; false where neither was there. Throws BackupError while the slot is used. */
export async function dropCdcSlot(client: PostgresClient, slot: string): Promise<boolean> {
  const [found] = await readSlots(client, slot);
  if (found?.active) {
    throw new BackupError("in_use", `The slot ${slot} is used by a stream of changes: end that one`);
  }
  return await client.run(async (sql) => {
    const dropped = await sql`select pg_drop_replication_slot(slot_name) from pg_replication_slots
      where slot_name = ${slot} and database = current_database()`;
    const [published] = await sql`select from pg_publication where pubname = ${slot}`;
    if (published !== undefined) await sql.unsafe(`drop publication "${slot}"`);
    return dropped.length > 0 || published !== undefined;
  });
}

/** The end of the log as it is now. */
export async function currentLsn(client: PostgresClient): Promise<Lsn> {
  const [row] = await client.run((sql) => sql<[{ lsn: string }]>`select pg_current_wal_lsn()::text as lsn`);
  return parseLsn(row.lsn);
}

/** Writes into the log what says nothing: a stream of tables that are quiet moves on, and the server need not keep its log. */
export async function emitHeartbeat(client: PostgresClient): Promise<void> {
  await client.run((sql) => sql`select pg_logical_emit_message(false, 'zaakstroom_heartbeat', '')`);
}
