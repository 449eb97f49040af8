/** How the builds of read models stand. @module */
import type { BuildState, ModelBuild, ModelShape, UnreadableEvent } from "../../projections.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";

interface BuildRow {
  readonly id: number;
  readonly name: string;
  readonly state: BuildState;
  readonly version: number;
  readonly hash: string;
  readonly created_at: Date;
  readonly served_at: Date | null;
  readonly differences: number | null;
  readonly lost: boolean;
  readonly progress: readonly {
    readonly checkpoint: number;
    readonly held: UnreadableEvent | null;
    readonly skipped: number;
    readonly last_skipped: UnreadableEvent | null;
  }[];
}

/**
 * Reads all builds by one statement. A build is ahead when the last event of a partition is no longer where it was, or when its
 * table is gone: the store was restored from an older backup, or without its read models.
 */
export async function readBuilds(client: PostgresClient): Promise<readonly ModelBuild[]> {
  const rows = await client.runIdempotent((sql) =>
    sql<BuildRow[]>`
      select b.id, b.name, b.state, (b.shape->>'version')::int as version, b.shape->>'hash' as hash,
        b.created_at, b.served_at, b.differences, c.progress,
        c.lost or to_regclass(format('zaakstroom_models.%I', b.name || '_' || b.id)) is null as lost
      from zaakstroom.projection_builds b cross join lateral (
        select json_agg(json_build_object('checkpoint', c.checkpoint, 'held', c.held, 'skipped', c.skipped,
            'last_skipped', c.last_skipped) order by c.partition) as progress,
          coalesce(bool_or(c.last_event is not null and not exists (
            select from zaakstroom.events e where e.event_id = c.last_event and e.position = c.checkpoint)), false) as lost
        from zaakstroom.projection_checkpoints c where c.build = b.id) c
      order by b.name, b.id`
  );
  return rows.map(buildOf);
}

function buildOf(row: BuildRow): ModelBuild {
  const { id, name, state, version, hash, differences } = row;
  return {
    ...{ id, name, state, version, hash, differences },
    isAhead: row.lost,
    createdAt: row.created_at.toISOString(),
    servedAt: row.served_at?.toISOString() ?? null,
    progress: row.progress.map(({ last_skipped: lastSkipped, ...each }) => ({ ...each, lastSkipped })),
  };
}

/** Counted up to here in a partition, which bounds the cost of a health check. */
const COUNT_UP_TO = 10_000;

/** Counts the events that builds have not taken in, of those that are read or will be. */
export async function countPending(client: PostgresClient): Promise<ReadonlyMap<number, number>> {
  const rows = await client.runIdempotent((sql) =>
    sql<{ build: number; n: number }[]>`
      select c.build, sum(p.n)::int as n
      from zaakstroom.projection_checkpoints c
      join zaakstroom.projection_builds b on b.id = c.build and b.state <> 'previous'
      cross join lateral (
        select least(${COUNT_UP_TO}::bigint, sum(t.n)) as n from (select distinct k.type from zaakstroom.event_kinds k) k
        cross join lateral (select count(*) as n from (
          select from zaakstroom.events e
          where e.partition = c.partition and e.type = k.type and e.position > c.checkpoint
          limit ${COUNT_UP_TO}) e) t) p
      group by c.build`
  );
  return new Map(rows.map(({ build, n }) => [build, n]));
}

/** The shape that a build was made by. */
export async function shapeOfBuild(sql: Sql, build: number): Promise<ModelShape> {
  const [row] = await sql<{ shape: ModelShape }[]>`
    select shape from zaakstroom.projection_builds where id = ${build}::bigint`;
  if (row === undefined) throw new TypeError(`There is no build ${build}`);
  return row.shape;
}
