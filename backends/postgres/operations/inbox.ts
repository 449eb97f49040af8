/** The inbox on PostgreSQL: the rows of the outbox that were refused. @module */
import type { Inbox, OperatorAction, RejectedEvent } from "../../dead_letters.ts";
import type { PostgresClient } from "../connection/client.ts";

/** Refused rows are counted up to here, which bounds the cost of a health check. */
const COUNT_UP_TO = 10_000;

interface RefusedRow {
  readonly id: number;
  readonly at: Date;
  readonly reason: string;
  readonly text: string;
}

export function outboxInbox(client: PostgresClient): Inbox {
  return {
    list: async (limit = 100) => (await readRefused(client, null, limit)).map(rejectedEventOf),
    find: async (id) => (await readRefused(client, id, 1)).map(rejectedEventOf)[0],
    count: () => countRefused(client),
    retry: (id, act) => takeOut(client, "retry", id, act),
    discard: (id, act) => takeOut(client, "discard", id, act),
  };
}

async function readRefused(client: PostgresClient, id: number | null, limit: number): Promise<RefusedRow[]> {
  return await client.runIdempotent((sql) =>
    sql<RefusedRow[]>`
      select id, written_at as at, refused_for as reason, event::text as text from zaakstroom.outbox
      where refused_for is not null and (${id}::bigint is null or id = ${id}::bigint)
      order by id limit ${limit}::bigint`
  );
}

function rejectedEventOf({ id, at, reason, text }: RefusedRow): RejectedEvent {
  return { id, at: at.toISOString(), reason, text };
}

async function countRefused(client: PostgresClient): Promise<number> {
  const [row] = await client.runIdempotent((sql) =>
    sql<[{ n: number }]>`select count(*)::int as n from (
      select from zaakstroom.outbox where refused_for is not null limit ${COUNT_UP_TO}) r`
  );
  return row.n;
}

/** Puts a row back among those that wait, or removes it, with an audit entry; false when it is not there. */
async function takeOut(
  client: PostgresClient,
  act: "retry" | "discard",
  id: number,
  { by, why }: OperatorAction,
): Promise<boolean> {
  const [row] = await client.run((sql) => {
    const change = act === "retry"
      ? sql`update zaakstroom.outbox set refused_for = null`
      : sql`delete from zaakstroom.outbox`;
    return sql<[{ n: number }]>`
      with taken as (${change} where id = ${id}::bigint and refused_for is not null returning id),
      logged as (
        insert into zaakstroom.event_log (act, by, why, case_id, details)
        select ${`inbox_${act}`}, ${by}::text, ${why}::text, 'inbox', jsonb_build_object('id', t.id) from taken t
      ) select count(*)::int as n from taken`;
  });
  return row.n === 1;
}
