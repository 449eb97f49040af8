/** The SQL of read models, made from their declared columns. Pure. @module */
import type { ColumnKind, ModelShape, ReadableModel, RowQuery } from "../../projections.ts";

const MODELS = "zaakstroom_models";

const TYPES: Readonly<Record<ColumnKind, string>> = {
  text: `text collate "C"`,
  integer: "bigint",
  money: "numeric(16, 2)",
  time: "timestamptz",
  date: "date",
  state: "json",
};

/** A name as an identifier. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The table of a build. */
function tableOf(name: string, build: number): string {
  return `${MODELS}.${quoted(`${name}_${build}`)}`;
}

function viewOf(name: string): string {
  return `${MODELS}.${quoted(name)}`;
}

/** Makes the table of a build, with its indexes. */
export function createTableText(shape: ModelShape, build: number): string {
  const table = tableOf(shape.name, build);
  const columns = Object.entries(shape.columns).map(([name, kind]) => `${quoted(name)} ${TYPES[kind]}`);
  const key = [...shape.key.map(quoted), "_partition"].join(", ");
  const indexes = shape.indexes.map(({ columns, present }) =>
    `create index on ${table} (${columns.map(quoted).join(", ")})${
      present === undefined ? "" : ` where ${quoted(present)} is not null`
    };`
  );
  return [
    `create table ${table} (_partition smallint not null, ${columns.join(", ")}, primary key (${key}));`,
    ...indexes,
  ].join("\n");
}

/** Puts the names that people query by in front of a build: its own and those of its parts. */
export function createViewsText(shape: ModelShape, build: number): string {
  const { name, views, sums } = shape;
  const shown = Object.keys(shape.columns).filter((column) => shape.columns[column] !== "state");
  const select = sums.length === 0
    ? `select ${shown.map(quoted).join(", ")} from ${tableOf(name, build)}`
    : summed(shape, shown, build);
  return [
    `create view ${viewOf(name)} as ${select};`,
    ...views.map((part) =>
      `create view ${viewOf(part.name)} as select ${part.columns.map(quoted).join(", ")} from ${
        tableOf(name, build)
      } where ${quoted(part.present)} is not null;`
    ),
  ].join("\n");
}

function summed({ name, columns, key, sums }: ModelShape, shown: readonly string[], build: number): string {
  const selected = shown.map((column) =>
    sums.includes(column)
      ? `sum(${quoted(column)})::${TYPES[columns[column]!]} as ${quoted(column)}`
      : quoted(column)
  );
  return `select ${selected.join(", ")} from ${tableOf(name, build)} group by ${key.map(quoted).join(", ")}`;
}

/** Takes the names away. What other people have built on them is in the way, and named by the database. */
export function dropViewsText({ name, views }: Pick<ModelShape, "name" | "views">): string {
  return [name, ...views.map((part) => part.name)].map((each) => `drop view if exists ${viewOf(each)};`).join(
    "\n",
  );
}

export function dropTableText(name: string, build: number): string {
  return `drop table if exists ${tableOf(name, build)};`;
}

/** Rows by their keys: a JSON list of the columns of the key and the partition. */
export function selectRowsText({ name, columns, key }: ModelShape, build: number): string {
  const selected = Object.entries(columns).map(([column, kind]) =>
    `${shownText(`m.${quoted(column)}`, kind)} as ${quoted(column)}`
  );
  const matches = ["_partition", ...key].map((column) => `m.${quoted(column)} = k.${quoted(column)}`);
  return `select m._partition, ${selected.join(", ")} from json_to_recordset($1::text::json) as k (${
    keyColumns({ columns, key })
  }) join ${tableOf(name, build)} m on ${matches.join(" and ")}`;
}

function keyColumns({ columns, key }: Pick<ModelShape, "columns" | "key">): string {
  return ["_partition smallint", ...key.map((column) => `${quoted(column)} ${TYPES[columns[column]!]}`)].join(
    ", ",
  );
}

/**
 * Moves checkpoints and writes rows in one statement. A partition whose checkpoint another projector has moved is left out, with
 * its rows. The commit needs no disk write of its own: what a crash takes of it is projected again. Parameters: the build, the
 * changes, the rows to write and the keys to remove.
 */
export function commitText({ name, columns, key }: ModelShape, build: number): string {
  const names = ["_partition", ...Object.keys(columns).map(quoted)];
  const typed = Object.entries(columns).map(([column, kind]) => `${quoted(column)} ${TYPES[kind]}`);
  const unique = [...key.map(quoted), "_partition"];
  const set = names.filter((column) => !unique.includes(column)).map((column) =>
    `${column} = excluded.${column}`
  );
  const table = tableOf(name, build);
  return `with moved as (
      update zaakstroom.projection_checkpoints c
      set checkpoint = m."to", last_event = coalesce(m."lastEvent", c.last_event), held = m.held,
        skipped = c.skipped + m.skipped, last_skipped = coalesce(m."lastSkipped", c.last_skipped)
      from json_to_recordset($2::text::json) as m (partition smallint, "from" bigint, "to" bigint, "lastEvent" uuid,
        held json, skipped bigint, "lastSkipped" json)
      where c.build = $1::bigint and c.partition = m.partition and c.checkpoint = m."from"
      returning c.partition
    ), written as (
      insert into ${table} (${names.join(", ")})
      select r.* from json_to_recordset($3::text::json) as r (_partition smallint, ${typed.join(", ")})
      where r._partition in (select partition from moved)
      on conflict (${unique.join(", ")}) do update set ${set.join(", ")}
    ), removed as (
      delete from ${table} t using json_to_recordset($4::text::json) as k (${keyColumns({ columns, key })})
      where ${unique.map((column) => `t.${column} = k.${column}`).join(" and ")}
        and k._partition in (select partition from moved)
    ), unsynced as materialized (select set_config('synchronous_commit', 'off', true))
    select partition from moved, unsynced`;
}

/** Counts rows that only one of two builds has, in the columns that both show. */
export function differencesText(
  one: readonly [ModelShape, number],
  other: readonly [ModelShape, number],
): string {
  const shared = Object.entries(one[0].columns).filter(([name, kind]) =>
    kind !== "state" && other[0].columns[name] === kind
  ).map(([name]) => quoted(name));
  const [a, b] = [one, other].map(([{ name }, build]) =>
    `select ${shared.join(", ")} from ${tableOf(name, build)}`
  );
  return `select (select count(*) from (${a} except all ${b}) x) + (select count(*) from (${b} except all ${a}) y) as n`;
}

/** Reads rows of a model: the values that must match are the parameters, in the order of `where`. */
export function findText({ name, columns, present }: ReadableModel, query: RowQuery): string {
  const { where = {}, orderBy, descending = false, beyond, limit } = query;
  const selected = Object.entries(columns).map(([column, kind]) =>
    `${shownText(quoted(column), kind)} as ${quoted(column)}`
  );
  const compared = (column: string, operator: string, parameter: number) =>
    `m.${quoted(column)} ${operator} $${parameter}::text::${
      TYPES[kindOf(columns, column)].replace(/ collate.*/, "")
    }`;
  const matches = Object.keys(where).map((column, i) => compared(column, "=", i + 1));
  const behind = compared(orderBy, descending ? "<" : ">", matches.length + 1);
  const conditions = [
    ...matches,
    ...present === undefined ? [] : [`${quoted(present)} is not null`],
    ...beyond === undefined ? [] : [behind],
  ];
  return `select ${selected.join(", ")} from ${viewOf(name)} m${
    conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`
  } order by m.${quoted(orderBy)} ${descending ? "desc" : "asc"} limit ${Math.trunc(limit)}`;
}

function kindOf(columns: ReadableModel["columns"], column: string): ColumnKind {
  const kind = Object.hasOwn(columns, column) ? columns[column] : undefined;
  if (kind === undefined) throw new TypeError(`The read model has no column ${column}`);
  return kind;
}

/** A column as programs get it. */
function shownText(column: string, kind: ColumnKind): string {
  switch (kind) {
    case "money":
      return `(${column} * 100)::bigint`;
    case "time":
      return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    case "date":
      return `to_char(${column}, 'YYYY-MM-DD')`;
    default:
      return column;
  }
}
