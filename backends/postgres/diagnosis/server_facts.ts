/** What a PostgreSQL server says of itself, read without changing anything. @module */
import { nodeRights } from "../../../schema/postgres/rights.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";

/** The settings that the findings are about; one the role may not see is missing. */
const SETTINGS = [
  "fsync",
  "full_page_writes",
  "synchronous_commit",
  "synchronous_standby_names",
  "data_checksums",
  "autovacuum",
  "max_connections",
  "max_slot_wal_keep_size",
  "superuser_reserved_connections",
  "reserved_connections",
  "data_directory",
  "default_transaction_read_only",
];

/** Amounts, which PostgreSQL shows with a unit that varies: read as bytes or milliseconds. */
export interface ServerFacts {
  /** `server_version_num`: 180004. */
  readonly version: number;
  readonly encoding: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly maxWalBytes: number;
  readonly sharedBufferBytes: number;
  readonly idleSessionMs: number;
  /** 0 also where the server is older than the setting (PostgreSQL 17). */
  readonly transactionMs: number;
  readonly isStandby: boolean;
  /** Milliseconds since 1970, by the server. */
  readonly now: number;
  readonly databaseBytes: number;
  readonly connectionsInUse: number;
  /** Of the role and of the database; -1 for none. */
  readonly roleLimit: number;
  readonly databaseLimit: number;
  readonly isSuperuser: boolean;
  readonly isEncrypted: boolean;
  /** Over a unix socket or the loopback. */
  readonly isLocal: boolean;
  /** Connected standbys; those a role may see nothing else of count too. */
  readonly standbys: number;
}

/** A replication slot. */
export interface Slot {
  readonly name: string;
  readonly active: boolean;
  /** `reserved`, `extended`, `unreserved`, `lost`; empty where it holds nothing. */
  readonly status: string;
  readonly retainedBytes: number;
}

/** What the role may do with the schema `zaakstroom`. */
export interface Rights {
  readonly mayCreate: boolean;
  readonly hasSchema: boolean;
  readonly mayUse: boolean;
  readonly ownsSchema: boolean;
  /** Tables that it may not use as a node does, and functions it may not run. */
  readonly refused: readonly string[];
  /** Tables to which a node only adds, or which it only reads, and that it may change nonetheless. */
  readonly excessive: readonly string[];
}

export interface PostgresFacts {
  readonly server: ServerFacts;
  readonly slots: readonly Slot[];
  readonly rights: Rights;
  /** The server's clock against ours, at the middle of the question. */
  readonly clockAheadMs: number;
}

/** Asks the server. Throws as the client does. */
export async function readFacts(client: PostgresClient): Promise<PostgresFacts> {
  const askedAt = Date.now();
  const server = await client.runIdempotent(readServer);
  const clockAheadMs = server.now - (askedAt + Date.now()) / 2;
  const slots = await client.runIdempotent(readSlots);
  const rights = await client.runIdempotent(readRights);
  return { server, slots, rights, clockAheadMs };
}

async function readServer(sql: Sql): Promise<ServerFacts> {
  const [row] = await sql<[ServerFacts]>`
    select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
      (select jsonb_object_agg(s.name, s.setting) from pg_catalog.pg_settings s where s.name in ${
    sql(SETTINGS)
  }) as settings,
      pg_size_bytes(current_setting('max_wal_size'))::float8 as "maxWalBytes",
      pg_size_bytes(current_setting('shared_buffers'))::float8 as "sharedBufferBytes",
      (select s.setting::float8 from pg_catalog.pg_settings s where s.name = 'idle_session_timeout') as "idleSessionMs",
      coalesce((select s.setting::float8 from pg_catalog.pg_settings s where s.name = 'transaction_timeout'), 0)
        as "transactionMs",
      pg_is_in_recovery() as "isStandby",
      extract(epoch from clock_timestamp())::float8 * 1000 as now,
      pg_database_size(current_database())::float8 as "databaseBytes",
      (select count(*) from pg_catalog.pg_stat_activity a where a.pid <> pg_backend_pid()
        and a.datid is not null)::int as "connectionsInUse",
      r.rolconnlimit as "roleLimit", d.datconnlimit as "databaseLimit", r.rolsuper as "isSuperuser",
      coalesce((select l.ssl from pg_catalog.pg_stat_ssl l where l.pid = pg_backend_pid()), false) as "isEncrypted",
      inet_server_addr() is null or inet_server_addr() << '127.0.0.0/8' or inet_server_addr() = '::1' as "isLocal",
      (select count(*) from pg_catalog.pg_stat_replication)::int as standbys
    from pg_catalog.pg_roles r, pg_catalog.pg_database d
    where r.rolname = current_user and d.datname = current_database()`;
  return row;
}

async function readSlots(sql: Sql): Promise<readonly Slot[]> {
  return await sql<Slot[]>`
    select s.slot_name as name, s.active, coalesce(s.wal_status, '') as status,
      coalesce(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end,
        s.restart_lsn), 0)::float8 as "retainedBytes"
    from pg_catalog.pg_replication_slots s order by 1`;
}

/** Rights on a partitioned table cover its partitions; a function of ours is run by name. */
async function readRights(sql: Sql): Promise<Rights> {
  const wanted = Object.entries(nodeRights).flatMap(([rights, names]) =>
    names.map((name) => [name, rights] as const)
  );
  const [tables, needed] = [wanted.map(([name]) => name), wanted.map(([, rights]) => rights)];
  const [row] = await sql<[Rights]>`
    with ours as (select n.oid, n.nspowner from pg_catalog.pg_namespace n where n.nspname = 'zaakstroom'),
      tables as (select c.oid, c.relname::text as name, r.needed from ours
        join pg_catalog.pg_class c on c.relnamespace = ours.oid
        join unnest(${arrayOf(tables)}::text[], ${
    arrayOf(needed)
  }::text[]) as r (name, needed) on r.name = c.relname)
    select has_database_privilege(current_database(), 'CREATE') as "mayCreate",
      exists (select from ours) as "hasSchema",
      coalesce((select has_schema_privilege(oid, 'USAGE') from ours), false) as "mayUse",
      coalesce((select pg_has_role(nspowner, 'USAGE') from ours), false) as "ownsSchema",
      coalesce((select jsonb_agg(refused.name order by refused.name) from (
        select t.name from tables t where exists (
          select from unnest(string_to_array(t.needed, ', ')) n (needed) where not has_table_privilege(t.oid, n.needed))
        union all
        select p.proname || '()' from ours join pg_catalog.pg_proc p on p.pronamespace = ours.oid
        where not has_function_privilege(p.oid, 'EXECUTE')
        union all
        select 'the schema ' || n.nspname from pg_catalog.pg_namespace n where n.nspname = 'zaakstroom_models'
          and not (has_schema_privilege(n.oid, 'USAGE') and has_schema_privilege(n.oid, 'CREATE'))) as refused), '[]')
        as refused,
      coalesce((select jsonb_agg(t.name order by t.name) from tables t
        where t.needed !~ 'delete' and has_table_privilege(t.oid,
          case when t.needed ~ 'update' then 'DELETE, TRUNCATE' else 'UPDATE, DELETE, TRUNCATE' end)), '[]') as excessive`;
  return row;
}
