/** The health of a store: its mailboxes, timers and durability. @module */
import type { Health, MailboxHealth, NodeHealth } from "../../health.ts";
import type { Pauses } from "../../pauses.ts";
import type { Inbox } from "../../dead_letters.ts";
import type { RestorationMark } from "../../restoration.ts";
import { type ModelStore, projectionHealth } from "../../projections.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";
import { readDurability } from "./durability.ts";

/** A mailbox counts pending deliveries up to here, which bounds the cost of a health check. */
const COUNT_UP_TO = 10_000;

/** What of a backend its health is made of. */
interface HealthContext extends Pick<RestorationMark, "restoredFrom"> {
  readonly inbox: Inbox;
  readonly models: ModelStore;
  readonly pauses: Pauses;
  /** For how long a node counts as alive. */
  readonly leaseMs: number;
}

/**
 * Reads the mailboxes by one statement, which sees one snapshot: a delivery that moves on is counted exactly once.
 * `waitsFor` knows of mailboxes of this node what they wait for.
 */
export async function health(
  client: PostgresClient,
  { inbox, models, pauses: paused, leaseMs, restoredFrom }: HealthContext,
  waitsFor: (processor: string, partition: number) => string | undefined,
): Promise<Health> {
  const [durability, rejected, projections, restoration, pauses, [{ timers, next, mailboxes, nodes }]] =
    await Promise.all([
      readDurability(client),
      inbox.count(),
      projectionHealth(models),
      restoredFrom(),
      paused.list(),
      client.run((sql) =>
        sql<[{ timers: number; next: Date | null; mailboxes: MailboxHealth[]; nodes: NodeHealth[] }]>`
        select t.timers, t.next, m.mailboxes, (zaakstroom.lease_overview(${leaseMs})).nodes
        from (select count(*)::int as timers, min(due_at) as next from zaakstroom.timers) t,
          (select coalesce(json_agg(m order by m.processor, m.partition), '[]') as mailboxes
           from (${mailboxHealth(sql)}) m) m`
      ),
    ]);
  return {
    ...durability,
    timers,
    nextTimerAt: next?.toISOString() ?? null,
    mailboxes: mailboxes.map((each) => ({ ...each, waitsFor: waitsFor(each.processor, each.partition) })),
    rejected,
    pauses,
    nodes,
    projections,
    restoration,
  };
}

function mailboxHealth(sql: Sql) {
  return sql`
    select s.processor, s.partition, s.owner, s.epoch,
      coalesce(extract(epoch from l.lease_until - clock_timestamp()) * 1000, 0)::float8 as "leaseMs",
      coalesce(p.pending, 0)::int as pending, coalesce(p."oldestMs", 0) as "oldestMs",
      (extract(epoch from clock_timestamp() - s.settled_at) * 1000)::float8 as "sinceSettledMs",
      coalesce(d.parked, 0)::int as parked, coalesce(d."oldestMs", 0) as "parkedOldestMs",
      coalesce(d.retrying, 0)::int as retrying, coalesce(d.dead, 0)::int as dead
    from zaakstroom.subscriptions s
    left join zaakstroom.leases l
      on l.partition = s.partition and l.scope in ('', s.processor) and (l.epoch, l.owner) = (s.epoch, s.owner)
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
        count(*) filter (where state = 'dead') as dead,
        (select (extract(epoch from clock_timestamp() - e.recorded_at) * 1000)::float8
          from zaakstroom.events e where e.event_id = (select q.event_id from zaakstroom.parked_deliveries q
            where (q.processor, q.partition) = (s.processor, s.partition) and q.state <> 'dead'
            order by q.position limit 1)) as "oldestMs"
      from zaakstroom.parked_deliveries d where (d.processor, d.partition) = (s.processor, s.partition)
    ) d on true`;
}
