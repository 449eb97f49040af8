/** Dead letters and parked deliveries on PostgreSQL. @module */
import type {
  DeadLetterFilter,
  DeadLetters,
  OperatorAction,
  ParkedDeliveries,
  ParkedHead,
} from "../../dead_letters.ts";
import { parseStoredLine } from "../../../schema/delivery_line.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";
import type { Notifier } from "../mailbox/notifier.ts";

const DEFAULT_LIMIT = 100;

/** `dead` waits for a person, `retry` for its time. */
type StoppedState = "dead" | "retry";

export function deadLetters(client: PostgresClient, notifier: Notifier): DeadLetters {
  return {
    list: async (filter = {}) =>
      (await list(client, "dead", filter)).map(({ dueAt: _, ...letter }) => letter),
    count: (filter = {}) => count(client, "dead", filter),
    redrive: (filter, by) => act(client, notifier, "redrive", filter, by),
    discard: (filter, by) => act(client, notifier, "discard", filter, by),
  };
}

export function parkedDeliveries(client: PostgresClient, notifier: Notifier): ParkedDeliveries {
  return {
    list: (filter = {}) => list(client, "retry", filter),
    count: (filter = {}) => count(client, "retry", filter),
    retry: (filter, by) => act(client, notifier, "retry_parked", filter, by),
  };
}

async function act(
  client: PostgresClient,
  notifier: Notifier,
  what: "redrive" | "discard" | "retry_parked",
  filter: DeadLetterFilter,
  { by, why }: OperatorAction,
): Promise<number> {
  const { processor = null, caseId = null, position = null, limit = DEFAULT_LIMIT } = filter;
  const [row] = await client.runIdempotent((sql) =>
    sql<[{ partitions: string }]>`
      select array_to_string(${sql.unsafe(`zaakstroom.${what}`)}(${processor}::text, ${caseId}::text,
        ${position}::bigint, ${limit}::int, ${by}::text, ${why}::text), ',') as partitions`
  );
  const partitions = row.partitions === "" ? [] : row.partitions.split(",").map(Number);
  notifier.notify(new Set(partitions), ["*"], true);
  return partitions.length;
}

async function count(client: PostgresClient, state: StoppedState, filter: DeadLetterFilter): Promise<number> {
  const [row] = await client.runIdempotent((sql) =>
    sql<[{ n: number }]>`select count(*)::int as n from zaakstroom.parked_deliveries p where ${
      matches(sql, state, filter)
    }`
  );
  return row.n;
}

function matches(sql: Sql, state: StoppedState, filter: DeadLetterFilter) {
  const processor = filter.processor ?? null;
  const caseId = filter.caseId ?? null;
  const position = filter.position ?? null;
  // The state is no parameter: a partial index serves each of them.
  return sql`p.state = ${sql.unsafe(state === "dead" ? "'dead'" : "'retry'")}
    and (${processor}::text is null or p.processor = ${processor}::text)
    and (${caseId}::text is null or p.case_id = ${caseId}::text)
    and (${position}::bigint is null or p.position = ${position}::bigint)`;
}

async function list(
  client: PostgresClient,
  state: StoppedState,
  filter: DeadLetterFilter,
): Promise<ParkedHead[]> {
  const rows = await client.runIdempotent((sql) =>
    sql`select p.processor, p.partition, p.case_id, p.attempts, p.failures, p.parked_at, p.due_at,
        zaakstroom.delivery_line(e, p.attempts, 0) as line,
        (select count(*)::int from zaakstroom.parked_deliveries h
         where (h.processor, h.partition, h.case_id) = (p.processor, p.partition, p.case_id) and h.position > p.position) as held
      from zaakstroom.parked_deliveries p join zaakstroom.events e on e.event_id = p.event_id
      where ${matches(sql, state, filter)} order by p.position limit ${filter.limit ?? DEFAULT_LIMIT}`
  );
  return rows.map((row) => ({
    processor: row.processor,
    partition: row.partition,
    caseId: row.case_id,
    event: parseStoredLine(row.line),
    failures: row.failures,
    attempts: row.attempts,
    held: row.held,
    since: row.parked_at.toISOString(),
    dueAt: row.due_at?.toISOString() ?? "",
  }));
}
