/** The SQL of read models in SQLite, made from their declared columns. Pure. @module */
import type { ColumnKind, ModelShape, ReadableModel, RowQuery } from "../../projections.ts";

const TYPES: Readonly<Record<ColumnKind, string>> = {
  text: "text",
  integer: "integer",
  money: "integer",
  time: "text",
  date: "text",
  state: "text",
};

/** A name as an identifier. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The table of a build. */
export function tableOf(name: string, build: number): string {
  return quoted(`${name}_${build}`);
}

/** Makes the table of a build, with its indexes. */
export function createTableText(shape: ModelShape, build: number): string {
  const { name, indexes } = shape;
  const table = tableOf(name, build);
  const columns = Object.entries(shape.columns).map(([name, kind]) => `${quoted(name)} ${TYPES[kind]}`);
  return [
    `create table ${table} (_partition integer not null, ${columns.join(", ")}, primary key (${
      keyOf(shape).join(", ")
    }));`,
    ...indexes.map(({ columns, present }, i) =>
      `create index ${quoted(`${name}_${build}_${i}`)} on ${table} (${columns.map(quoted).join(", ")})${
        present === undefined ? "" : ` where ${quoted(present)} is not null`
      };`
    ),
  ].join("\n");
}

function keyOf({ key }: Pick<ModelShape, "key">): string[] {
  return [...key.map(quoted), "_partition"];
}

/** Puts the names that people query by in front of a build: its own and those of its parts. Amounts are in euros. */
export function createViewsText(shape: ModelShape, build: number): string {
  const shown = Object.keys(shape.columns).filter((column) => shape.columns[column] !== "state");
  const inEuros = (column: string) =>
    shape.columns[column] === "money" ? `${quoted(column)} / 100.0 as ${quoted(column)}` : quoted(column);
  return [
    `create view ${quoted(shape.name)} as select ${shown.map(inEuros).join(", ")} from ${
      sourceOf(shape, build)
    };`,
    ...shape.views.map(({ name, columns, present }) =>
      `create view ${quoted(name)} as select ${columns.map(inEuros).join(", ")} from ${
        sourceOf(shape, build)
      } where ${quoted(present)} is not null;`
    ),
  ].join("\n");
}

/** What rows are read from: the table, or the sums of its rows over the partitions. */
function sourceOf({ name, columns, key, sums }: ModelShape, build: number): string {
  if (sums.length === 0) return tableOf(name, build);
  const selected = Object.keys(columns).map((column) =>
    sums.includes(column) ? `sum(${quoted(column)}) as ${quoted(column)}` : quoted(column)
  );
  return `(select ${selected.join(", ")} from ${tableOf(name, build)} group by ${
    key.map(quoted).join(", ")
  })`;
}

/** Takes the names away. */
export function dropViewsText({ name, views }: Pick<ModelShape, "name" | "views">): string {
  return [name, ...views.map((part) => part.name)].map((each) => `drop view if exists ${quoted(each)};`)
    .join("\n");
}

/** Reads the row of a key: its columns, then the partition, are the parameters. */
export function selectRowText(shape: ModelShape, build: number): string {
  const columns = Object.keys(shape.columns).map(quoted);
  return `select ${columns.join(", ")} from ${tableOf(shape.name, build)} where ${matching(shape)}`;
}

/** Removes the row of a key. */
export function deleteRowText(shape: ModelShape, build: number): string {
  return `delete from ${tableOf(shape.name, build)} where ${matching(shape)}`;
}

function matching(shape: ModelShape): string {
  return keyOf(shape).map((column) => `${column} = ?`).join(" and ");
}

/** Writes a row: the partition and then its columns are the parameters. */
export function writeRowText(shape: ModelShape, build: number): string {
  const names = ["_partition", ...Object.keys(shape.columns).map(quoted)];
  const key = keyOf(shape);
  const set = names.filter((column) => !key.includes(column)).map((column) =>
    `${column} = excluded.${column}`
  );
  return `insert into ${tableOf(shape.name, build)} (${names.join(", ")})
    values (${names.map(() => "?").join(", ")}) on conflict (${key.join(", ")}) do update set ${
    set.join(", ")
  }`;
}

/**
 * Counts rows of one build, a stretch of its table at a time, that are not in the other one as they are in the columns that both
 * show. Parameters: behind which row, and up to which.
 */
export function differencesText(
  [shape, build]: readonly [ModelShape, number],
  [other, otherBuild]: readonly [ModelShape, number],
): string {
  const shared = Object.entries(shape.columns).filter(([name, kind]) =>
    kind !== "state" && other.columns[name] === kind
  ).map(([name]) => quoted(name));
  const same = [...new Set([...keyOf(shape), ...shared])].map((column) => `b.${column} is a.${column}`);
  return `select count(*) as n from ${tableOf(shape.name, build)} a where a.rowid > ? and a.rowid <= ?
    and not exists (select 1 from ${tableOf(other.name, otherBuild)} b where ${same.join(" and ")})`;
}

/** Reads rows of a model: the values that must match are the parameters, in the order of `where`, and then the place. */
export function findText(
  { columns, present }: ReadableModel,
  shape: ModelShape,
  build: number,
  { where = {}, orderBy, descending = false, beyond, limit }: RowQuery,
): string {
  const known = (column: string) => {
    if (!Object.hasOwn(columns, column)) throw new TypeError(`The read model has no column ${column}`);
    return quoted(column);
  };
  const conditions = [
    ...Object.keys(where).map((column) => `${known(column)} = ?`),
    ...present === undefined ? [] : [`${quoted(present)} is not null`],
    ...beyond === undefined ? [] : [`${known(orderBy)} ${descending ? "<" : ">"} ?`],
  ];
  return `select ${Object.keys(columns).map(quoted).join(", ")} from ${sourceOf(shape, build)}${
    conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`
  } order by ${known(orderBy)} ${descending ? "desc" : "asc"} limit ${Math.trunc(limit)}`;
}
