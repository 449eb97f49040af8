/** Reading the log and what is projected from it. @module */
import type { CaseSummary } from "../../backend.ts";
import type { AuditEntry } from "../../dead_letters.ts";
import type { ReplayRange } from "../../event_store.ts";
import type { Health, MailboxHealth } from "../../health.ts";
import type { EventKind } from "../../../schema/evolution.ts";
import { parseStoredLine, type StoredEvent } from "../../../schema/delivery_line.ts";
import type { PostgresClient, Sql } from "../connection/client.ts";
import { readDurability } from "../operations/durability.ts";

/** Positions read with one statement. */
const STRETCH = 5_000;
const VERSIONS = 1_000;
/** A mailbox counts what is pending up to here: beyond it a health check should not read on. */
const COUNT_UP_TO = 10_000;
const PROJECT_AT_ONCE = 500;

interface Line {
  line: string;
}

export async function* readCase(client: PostgresClient, caseId: string): AsyncGenerator<StoredEvent> {
  for (let after = 0;;) {
    const rows = await client.runIdempotent((sql) =>
      sql<Line[]>`select zaakstroom.delivery_line(e, 0, 0) as line from zaakstroom.events e
        where e.case_id = ${caseId} and e.version > ${after} order by e.version limit ${VERSIONS}`
    );
    for (const { line } of rows) {
      const stored = parseStoredLine(line);
      after = stored.version;
      yield stored;
    }
    if (rows.length < VERSIONS) return;
  }
}

/** Reads in stretches of positions, each found through the BRIN index, up to the last position drawn at the call. */
export async function* readAll(client: PostgresClient, range: ReplayRange = {}): AsyncGenerator<StoredEvent> {
  const [{ first, last }] = await client.runIdempotent((sql) => bounds(sql, range));
  const end = Math.min(last, range.toPosition ?? Number.MAX_SAFE_INTEGER);
  for (let from = Math.max(first, range.fromPosition ?? 1); from <= end; from += STRETCH) {
    const to = Math.min(from + STRETCH - 1, end);
    const rows = await client.runIdempotent((sql) =>
      sql<Line[]>`select zaakstroom.delivery_line(e, 0, 0) as line from zaakstroom.events e
        where e.position between ${from} and ${to}
          and (${range.types === undefined} or e.type = any (${`{${(range.types ?? []).join(",")}}`}::text[]))
          and e.recorded_at >= ${range.fromTime ?? "-infinity"}::text::timestamptz
          and e.recorded_at <= ${range.toTime ?? "infinity"}::text::timestamptz
        order by e.position`
    );
    for (const { line } of rows) yield parseStoredLine(line);
  }
}

/** The positions worth looking at: a range of times is narrowed to positions first. */
function bounds(sql: Parameters<Parameters<PostgresClient["run"]>[0]>[0], range: ReplayRange) {
  if (range.fromTime === undefined && range.toTime === undefined) {
    return sql<[{ first: number; last: number }]>`
      select 1::bigint as first, s.last_value as last from zaakstroom.events_position_seq s`;
  }
  return sql<[{ first: number; last: number }]>`
    select coalesce(min(e.position), 1) as first, coalesce(max(e.position), 0) as last from zaakstroom.events e
    where e.recorded_at >= ${range.fromTime ?? "-infinity"}::text::timestamptz
      and e.recorded_at <= ${range.toTime ?? "infinity"}::text::timestamptz`;
}

/** Projects the next stretch of each partition into the read model. Returns how many events that were. */
export async function projectOnce(client: PostgresClient): Promise<number> {
  const [row] = await client.runIdempotent((sql) =>
    sql<[{ n: number }]>`select zaakstroom.project_cases(${PROJECT_AT_ONCE}) as n`
  );
  return row.n;
}

export async function listCases(
  client: PostgresClient,
  { limit = 20, latest }: { limit?: number; latest?: string } = {},
): Promise<CaseSummary[]> {
  while (await projectOnce(client) > 0);
  const rows = await client.runIdempotent((sql) =>
    sql`select case_id, version, latest, opened_at, updated_at from zaakstroom.cases
      where ${latest === undefined} or latest = ${latest ?? ""} order by position desc limit ${limit}`
  );
  return rows.map((row) => ({
    caseId: row.case_id,
    version: row.version,
    latest: row.latest,
    openedAt: row.opened_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }));
}

export async function audit(client: PostgresClient, caseId: string): Promise<AuditEntry[]> {
  const rows = await client.runIdempotent((sql) =>
    sql`select at, act, by, why, case_id, processor, event_id from zaakstroom.event_log
      where case_id = ${caseId} order by id`
  );
  return rows.map((row) => ({
    at: row.at.toISOString(),
    act: row.act,
    by: row.by,
    why: row.why,
    caseId: row.case_id,
    ...(row.processor === null ? {} : { processor: row.processor }),
    ...(row.event_id === null ? {} : { eventId: row.event_id }),
  }));
}

export async function storedKinds(client: PostgresClient): Promise<EventKind[]> {
  return await client.runIdempotent((sql) =>
    sql<EventKind[]>`select type, schema_version as version from zaakstroom.event_kinds order by 1, 2`
  );
}

/** How the mailboxes stand. One statement, which sees one moment: what goes from one to the other is in one of them. */
export async function health(client: PostgresClient): Promise<Health> {
  const [durability, [{ timers, next, mailboxes }]] = await Promise.all([
    readDurability(client),
    client.run((sql) =>
      sql<[{ timers: number; next: Date | null; mailboxes: MailboxHealth[] }]>`
        select t.timers, t.next, m.mailboxes
        from (select count(*)::int as timers, min(due_at) as next from zaakstroom.timers) t,
          (select coalesce(json_agg(m order by m.processor, m.partition), '[]') as mailboxes
           from (${mailboxHealth(sql)}) m) m`
    ),
  ]);
  return { ...durability, timers, nextTimerAt: next?.toISOString() ?? null, mailboxes };
}

function mailboxHealth(sql: Sql) {
  return sql`
    select s.processor, s.partition, s.owner, s.epoch,
      coalesce(extract(epoch from s.lease_until - clock_timestamp()) * 1000, 0)::float8 as "leaseMs",
      coalesce(p.pending, 0)::int as pending, coalesce(p."oldestMs", 0) as "oldestMs",
      (extract(epoch from clock_timestamp() - s.settled_at) * 1000)::float8 as "sinceSettledMs",
      coalesce(d.parked, 0)::int as parked, coalesce(d.retrying, 0)::int as retrying, coalesce(d.dead, 0)::int as dead
    from zaakstroom.subscriptions s
    left join lateral (
      select sum(c.n) as pending,
        (extract(epoch from clock_timestamp() - min(c.oldest)) * 1000)::float8 as "oldestMs"
      from zaakstroom.processors w cross join lateral unnest(w.takes) as t (type) cross join lateral (
        select count(*) as n, min(e.recorded_at) as oldest from (
          select recorded_at from zaakstroom.events e
          where e.partition = s.partition and e.type = t.type and e.position > s.checkpoint
          order by e.position limit ${COUNT_UP_TO}) e) c
      where w.name = s.processor
    ) p on true
    left join lateral (
      select count(*) filter (where state <> 'dead') as parked, count(*) filter (where state = 'retry') as retrying,
        count(*) filter (where state = 'dead') as dead
      from zaakstroom.parked_deliveries d where (d.processor, d.partition) = (s.processor, s.partition)
    ) d on true`;
}
