/** Reading the log: by case, by position, time and type; audit entries and event kinds. @module */
import type { AuditEntry, OperatorRecord } from "../../dead_letters.ts";
import type { ReplayRange } from "../../event_store.ts";
import type { EventKind } from "../../../schema/evolution.ts";
import { parseStoredLine, type StoredEvent } from "../../../schema/delivery_line.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";

/** Positions, and events of a case, read by one statement. */
const POSITIONS_PER_READ = 5_000;
const EVENTS_PER_READ = 1_000;

interface Line {
  line: string;
}

export async function* readCase(client: PostgresClient, caseId: string): AsyncGenerator<StoredEvent> {
  for (let after = 0;;) {
    const rows = await client.runIdempotent((sql) =>
      sql<Line[]>`select zaakstroom.delivery_line(e, 0, 0) as line from zaakstroom.events e
        where e.case_id = ${caseId} and e.version > ${after} order by e.version limit ${EVENTS_PER_READ}`
    );
    for (const { line } of rows) {
      const stored = parseStoredLine(line);
      after = stored.version;
      yield stored;
    }
    if (rows.length < EVENTS_PER_READ) return;
  }
}

/** The events of `readLines`, parsed. */
export async function* readAll(client: PostgresClient, range: ReplayRange = {}): AsyncGenerator<StoredEvent> {
  for await (const lines of readLines(client, range)) {
    for (const line of lines) yield parseStoredLine(line);
  }
}

/**
 * Reads ranges of positions, each found by the BRIN index, up to the last position drawn at the time of the call. The next
 * range is under way while the reader works on one: two are in memory, however long the log is.
 */
export async function* readLines(client: PostgresClient, range: ReplayRange = {}): AsyncGenerator<string[]> {
  const [{ first, last }] = await client.runIdempotent((sql) => bounds(sql, range));
  const end = Math.min(last, range.toPosition ?? Number.MAX_SAFE_INTEGER);
  const read = (from: number) => from > end ? undefined : linesFrom(client, from, end, range);
  let from = Math.max(first, range.fromPosition ?? 1);
  for (let reading = read(from); reading !== undefined;) {
    const lines = await reading;
    from += POSITIONS_PER_READ;
    reading = read(from);
    // Its error is thrown where it is awaited; a reader that leaves before awaits it no more.
    reading?.catch(() => {});
    if (lines.length > 0) yield lines;
  }
}

async function linesFrom(
  client: PostgresClient,
  from: number,
  end: number,
  { types, fromTime = "-infinity", toTime = "infinity" }: ReplayRange,
): Promise<string[]> {
  const to = Math.min(from + POSITIONS_PER_READ - 1, end);
  const rows = await client.runIdempotent((sql) =>
    sql<Line[]>`select zaakstroom.delivery_line(e, 0, 0) as line from zaakstroom.events e
      where e.position between ${from} and ${to}
        and (${types === undefined} or e.type = any (${`{${(types ?? []).join(",")}}`}::text[]))
        and e.recorded_at >= ${fromTime}::text::timestamptz
        and e.recorded_at <= ${toTime}::text::timestamptz
      order by e.position`
  );
  return rows.map(({ line }) => line);
}

/** The last position that was drawn. */
export async function lastPosition(client: PostgresClient): Promise<number> {
  const [{ last }] = await client.runIdempotent((sql) =>
    sql<[{ last: number }]>`
      select case when is_called then last_value else 0 end as last from zaakstroom.events_position_seq`
  );
  return last;
}

/** The first and last position in a range of times, so that only these are read. */
function bounds(sql: Sql, range: ReplayRange) {
  if (range.fromTime === undefined && range.toTime === undefined) {
    return sql<[{ first: number; last: number }]>`
      select 1::bigint as first, s.last_value as last from zaakstroom.events_position_seq s`;
  }
  return sql<[{ first: number; last: number }]>`
    select coalesce(min(e.position), 1) as first, coalesce(max(e.position), 0) as last from zaakstroom.events e
    where e.recorded_at >= ${range.fromTime ?? "-infinity"}::text::timestamptz
      and e.recorded_at <= ${range.toTime ?? "infinity"}::text::timestamptz`;
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

/** Adds an act to the audit trail. */
export async function record(client: PostgresClient, entry: OperatorRecord): Promise<void> {
  const { act, by, why, caseId } = entry;
  await client.run((sql) =>
    sql`insert into zaakstroom.event_log (act, by, why, case_id) values (${act}, ${by}, ${why}, ${caseId})`
  );
}

export async function storedKinds(client: PostgresClient): Promise<EventKind[]> {
  return await client.runIdempotent((sql) =>
    sql<EventKind[]>`select type, schema_version as version from zaakstroom.event_kinds order by 1, 2`
  );
}

/** Not every role may read it. */
export async function secret(client: PostgresClient): Promise<string> {
  const [row] = await client.runIdempotent((sql) =>
    sql<[{ secret: string }]>`select secret from zaakstroom.store_secret`
  );
  return row.secret;
}
