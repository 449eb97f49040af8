/** Read models on PostgreSQL: a table for each build, in the schema zaakstroom_models. @module */
import { parseStoredLine, type StoredEvent } from "../../../schema/delivery_line.ts";
import type {
  LogQuery,
  ModelBuild,
  ModelChange,
  ModelShape,
  ModelStore,
  ReadableModel,
  Row,
  RowKey,
  RowQuery,
  RowWrite,
} from "../../projections.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";
import { countPending, readBuilds, shapeOfBuild } from "./builds.ts";
import {
  commitText,
  createTableText,
  createViewsText,
  differencesText,
  dropTableText,
  dropViewsText,
  findText,
  selectRowsText,
} from "./statements.ts";

/** Characters of a partition that are read at once; one event is always allowed. */
const CHARACTERS_PER_READ = 200_000;
const UNDEFINED_TABLE = "42P01";
const NO_BOUND = Number.MAX_SAFE_INTEGER;

export class PostgresModelStore implements ModelStore {
  readonly #client: PostgresClient;

  constructor(client: PostgresClient) {
    this.#client = client;
  }

  builds(): Promise<readonly ModelBuild[]> {
    return readBuilds(this.#client);
  }

  pending(): Promise<ReadonlyMap<number, number>> {
    return countPending(this.#client);
  }

  async begin(shape: ModelShape): Promise<void> {
    await this.#alone(async (tx) => {
      const [underWay] = await tx`select from zaakstroom.projection_builds
        where name = ${shape.name} and state = 'building' and shape->>'hash' = ${shape.hash}`;
      if (underWay !== undefined) return;
      await dropBuilds(tx, shape.name, ["building"]);
      const [{ id }] = await tx<[{ id: number }]>`
        insert into zaakstroom.projection_builds (name, state, shape)
        values (${shape.name}, 'building', ${JSON.stringify(shape)}::text::json) returning id`;
      await tx`insert into zaakstroom.projection_checkpoints (build, partition)
        select ${id}::bigint, i from generate_series(0, (select s.partitions from zaakstroom.store s) - 1) i`;
      await tx.unsafe(createTableText(shape, id));
    });
  }

  async claim(build: number, projector: string, forMs: number): Promise<boolean> {
    const { count } = await this.#client.run((sql) =>
      sql`update zaakstroom.projection_builds
        set projector = ${projector}, claimed_until = clock_timestamp() + ${forMs} * interval '1 millisecond'
        where id = ${build}::bigint and (projector is null or projector = ${projector} or claimed_until < clock_timestamp())`
    );
    return count > 0;
  }

  async read({ after, upTo, limit }: LogQuery): Promise<readonly (readonly StoredEvent[])[]> {
    const bounds = upTo ?? after.map(() => NO_BOUND);
    const rows = await this.#client.runIdempotent((sql) =>
      sql<{ partition: number; line: string }[]>`
        select partition, line from zaakstroom.read_partitions(${arrayOf(after)}::bigint[], ${
        arrayOf(bounds)
      }::bigint[], ${limit}, ${CHARACTERS_PER_READ})`
    );
    const slices = after.map((): StoredEvent[] => []);
    for (const { partition, line } of rows) slices[partition]!.push(parseStoredLine(line));
    return slices;
  }

  async rows(build: number, shape: ModelShape, keys: readonly RowKey[]): Promise<readonly RowWrite[]> {
    const text = selectRowsText(shape, build);
    const found = await this.#client.runIdempotent((sql) =>
      sql.unsafe<({ _partition: number } & Record<string, string>)[]>(text, [keysText(shape, keys)])
    ).catch(noneWhenDropped);
    return found.map(({ _partition: partition, ...row }) => ({
      partition,
      values: shape.key.map((column) => row[column]!),
      row,
    }));
  }

  async commit(
    build: number,
    shape: ModelShape,
    changes: readonly ModelChange[],
  ): Promise<readonly number[]> {
    const moves = changes.map(({ writes: _writes, ...move }) => move);
    const writes = changes.flatMap(({ writes }) => writes);
    const written = writes.filter(({ row }) => row !== null)
      .map(({ partition, row }) => ({ _partition: partition, ...inEuros(shape, row!) }));
    const removed = writes.filter(({ row }) => row === null);
    const parameters = [build, JSON.stringify(moves), JSON.stringify(written), keysText(shape, removed)];
    const moved = await this.#client.run((sql) =>
      sql.unsafe<{ partition: number }[]>(commitText(shape, build), parameters)
    ).catch(noneWhenDropped);
    return moved.map(({ partition }) => partition);
  }

  async differences(build: number, other: number): Promise<number | null> {
    return await this.#client.run((sql) =>
      sql.begin("isolation level repeatable read", async (begun) => {
        const tx = begun as unknown as Sql;
        const [{ apart }] = await tx<[{ apart: boolean }]>`
          select exists (select from zaakstroom.projection_checkpoints a join zaakstroom.projection_checkpoints b
            using (partition) where a.build = ${build}::bigint and b.build = ${other}::bigint
              and a.checkpoint <> b.checkpoint) as apart`;
        if (apart) return null;
        const shapes = await Promise.all([build, other].map((id) => shapeOfBuild(tx, id)));
        const [{ n }] = await tx.unsafe<[{ n: number }]>(
          differencesText([shapes[0]!, build], [shapes[1]!, other]),
        );
        return n;
      })
    ) as number | null;
  }

  async serve(build: number, differences: number | null): Promise<void> {
    await this.#alone(async (tx) => {
      const shape = await shapeOfBuild(tx, build);
      const [old] = await tx<{ shape: ModelShape }[]>`
        select shape from zaakstroom.projection_builds where name = ${shape.name} and state = 'serving'`;
      for (const each of old === undefined ? [shape] : [old.shape, shape]) {
        await tx.unsafe(dropViewsText(each));
      }
      const others = await tx<{ id: number }[]>`select id from zaakstroom.projection_builds
        where name = ${shape.name} and state = 'previous' and id <> ${build}::bigint`;
      for (const { id } of others) await dropBuild(tx, shape.name, id);
      await tx`update zaakstroom.projection_builds set
          state = case when id = ${build}::bigint then 'serving' else 'previous' end,
          served_at = clock_timestamp(), projector = null, claimed_until = null,
          differences = case when id = ${build}::bigint then ${differences}::bigint else differences end
        where name = ${shape.name} and (id = ${build}::bigint or state = 'serving')`;
      await tx.unsafe(createViewsText(shape, build));
    });
  }

  async drop(name: string, which: "all" | "unread"): Promise<number> {
    return await this.#alone((tx) =>
      dropBuilds(tx, name, which === "all" ? ["building", "serving", "previous"] : ["building", "previous"])
    );
  }

  async find(model: ReadableModel, query: RowQuery): Promise<readonly Row[] | undefined> {
    const { where = {}, beyond } = query;
    const parameters = [...Object.values(where), ...beyond === undefined ? [] : [beyond]].map(String);
    return await this.#client.runIdempotent(async (sql) => {
      const [{ served }] = await sql<[{ served: boolean }]>`
        select to_regclass(${`zaakstroom_models.${model.name}`}::text) is not null as served`;
      return served ? [...await sql.unsafe<Row[]>(findText(model, query), parameters)] : undefined;
    });
  }

  /** Builds come, are switched and go one act at a time. */
  async #alone<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return await this.#client.run((sql) =>
      sql.begin(async (begun) => {
        const tx = begun as unknown as Sql;
        await tx`select from zaakstroom.locks where (kind, number) = ('builds', 0) for update`;
        return await work(tx);
      })
    ) as T;
  }
}

async function dropBuilds(tx: Sql, name: string, states: readonly string[]): Promise<number> {
  const builds = await tx<{ id: number; state: string; shape: ModelShape }[]>`
    select id, state, shape from zaakstroom.projection_builds
    where name = ${name} and state = any (${arrayOf(states)}::text[])`;
  for (const { id, state, shape } of builds) {
    if (state === "serving") await tx.unsafe(dropViewsText(shape));
    await dropBuild(tx, name, id);
  }
  return builds.length;
}

async function dropBuild(tx: Sql, name: string, id: number): Promise<void> {
  await tx.unsafe(dropTableText(name, id));
  await tx`delete from zaakstroom.projection_builds where id = ${id}::bigint`;
}

/** What a build has whose table was dropped meanwhile: nothing. */
function noneWhenDropped(error: Error): never[] {
  if ((error.cause as { code?: unknown } | undefined)?.code !== UNDEFINED_TABLE) throw error;
  return [];
}

function keysText({ key }: ModelShape, keys: readonly RowKey[]): string {
  return JSON.stringify(keys.map(({ partition, values }) => ({
    _partition: partition,
    ...Object.fromEntries(key.map((column, i) => [column, values[i]])),
  })));
}

/** A row as its table has it: amounts in euros. */
function inEuros({ columns }: ModelShape, row: Row): Row {
  const amounts = Object.keys(columns).filter((name) => columns[name] === "money" && row[name] !== null);
  return { ...row, ...Object.fromEntries(amounts.map((name) => [name, (row[name] as number) / 100])) };
}
