/** What ordinary statements tell of a server that is backed up: moments of it, its slots, and whose it is. @module */
import { BackupError } from "../../backup/errors.ts";
import type { Mark } from "../../backup/manifest.ts";
import type { PostgresClient } from "../connection/client.ts";

/** Of a server, what the one who restores it has to know. */
interface BackedUpServer {
  readonly version: number;
  /** Under which a copy of it is looked at: its first superuser, or where that may not log in, the owner of the database. */
  readonly inspector: string;
  readonly database: string;
  /** About as many bytes as its files have; undefined where the role may not know. */
  readonly bytes: number | undefined;
}

/** How much a slot makes its server keep. */
export interface SlotState {
  readonly name: string;
  readonly active: boolean;
  /** `reserved`, `extended`, `unreserved`, or `lost` when the server gave it up. */
  readonly wal_status: string | null;
  readonly lag_bytes: number | null;
  /** How much more the server writes before it gives the slot up; null for no limit. */
  readonly safe_bytes: number | null;
}

const TIME = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/** Reads what a server is. Throws BackupError for a standby, which takes no mark of time. */
export async function readBackedUpServer(client: PostgresClient): Promise<BackedUpServer> {
  const [found] = await client.runIdempotent((sql) =>
    sql<[Omit<BackedUpServer, "bytes"> & { standby: boolean }]>`
      select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby,
        (select r.rolname from pg_roles r, pg_database d
         where d.datname = current_database() and r.rolcanlogin and r.oid in (10, d.datdba)
         order by r.oid = 10 desc limit 1) as inspector, current_database() as database`
  );
  if (found.standby) {
    throw new BackupError("unusable", "This server is a standby: name the one that takes writes");
  }
  const { version, inspector, database } = found;
  return { version, inspector, database, bytes: await readSize(client) };
}

async function readSize(client: PostgresClient): Promise<number | undefined> {
  const sizes = await client.runIdempotent((sql) =>
    sql`select coalesce(sum(pg_database_size(oid)) filter (where has_database_privilege(oid, 'connect')), 0)::bigint as bytes
      from pg_database`
  ).catch(() => []);
  return sizes[0]?.bytes as number | undefined;
}

/**
 * Takes a mark: a moment, and a place in the log before which each commit up to that moment lies. A transaction of its own
 * commits after the moment and before the place, so that recovery to the moment finds where to stop.
 */
export async function takeMark(client: PostgresClient): Promise<Mark> {
  const position = await readPosition(client);
  const [moment] = await client.runIdempotent((sql) =>
    sql.unsafe(
      `select to_char(clock_timestamp() at time zone 'UTC', ${TIME}) as at, pg_current_xact_id()::text as xid`,
    )
  );
  const [place] = await client.runIdempotent((sql) => sql`select pg_current_wal_insert_lsn()::text as lsn`);
  return { at: moment!.at, lsn: place!.lsn, position };
}

/** The time of the server. */
export async function serverTime(client: PostgresClient): Promise<string> {
  const [now] = await client.runIdempotent((sql) =>
    sql.unsafe(`select to_char(clock_timestamp() at time zone 'UTC', ${TIME}) as now`)
  );
  return now!.now;
}

/** The last position that the log has drawn; null where there is none, or the role may not know. */
async function readPosition(client: PostgresClient): Promise<number | null> {
  const [last] = await client.runIdempotent((sql) =>
    sql`select case when to_regclass('zaakstroom.events_position_seq') is not null
      and has_sequence_privilege('zaakstroom.events_position_seq', 'select')
      then (select last_value from pg_sequences
        where (schemaname, sequencename) = ('zaakstroom', 'events_position_seq')) end as position`
  ).catch(() => []);
  return last?.position ?? null;
}

/** How a slot stands; undefined where there is none. */
export async function readSlot(client: PostgresClient, name: string): Promise<SlotState | undefined> {
  const [slot] = await client.runIdempotent((sql) =>
    sql<SlotState[]>`
      select slot_name as name, active, wal_status, safe_wal_size as safe_bytes,
        pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint as lag_bytes
      from pg_replication_slots where slot_name = ${name}`
  );
  return slot;
}

/** Whether commits wait until what is called so has kept them (synchronous_standby_names). */
export async function isAwaited(client: PostgresClient, name: string): Promise<boolean> {
  const rows = await client.runIdempotent((sql) =>
    sql`select from pg_stat_replication where application_name = ${name} and sync_state in ('sync', 'quorum')`
  );
  return rows.length > 0;
}
