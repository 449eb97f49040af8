/** The rows of a build in its database: written with the checkpoint that they lead to, read, and compared. @module */
import type {
  ColumnKind,
  ColumnValue,
  ModelChange,
  ModelShape,
  ReadableModel,
  Row,
  RowKey,
  RowQuery,
  RowWrite,
} from "../../projections.ts";
import type { StoredBuild } from "./builds.ts";
import type { ModelDatabase, SqlRow } from "./database.ts";
import {
  deleteRowText,
  differencesText,
  findText,
  selectRowText,
  tableOf,
  writeRowText,
} from "./statements.ts";

/** Rows that are compared before anything else of the process has its turn. */
const COMPARED_AT_ONCE = 2_000;

/** Moves checkpoints and writes rows in one transaction; returns the partitions that were where the change begins. */
export function commitChanges(
  database: ModelDatabase,
  build: number,
  shape: ModelShape,
  changes: readonly ModelChange[],
): readonly number[] {
  return database.atOnce(() => {
    const moved = changes.filter((change) => moveCheckpoint(database, build, change));
    for (const write of moved.flatMap(({ writes }) => writes)) writeRow(database, build, shape, write);
    return moved.map(({ partition }) => partition);
  });
}

const MOVE = `update checkpoints set checkpoint = ?, last_event = coalesce(?, last_event), held = ?,
  skipped = skipped + ?, last_skipped = coalesce(?, last_skipped)
  where build = ? and partition = ? and checkpoint = ?`;

function moveCheckpoint(database: ModelDatabase, build: number, change: ModelChange): boolean {
  const { partition, from, to, lastEvent, held, skipped, lastSkipped } = change;
  const texts = [held, lastSkipped].map((each) => each && JSON.stringify(each));
  return database.run(MOVE, to, lastEvent, texts[0]!, skipped, texts[1]!, build, partition, from) > 0;
}

function writeRow(
  database: ModelDatabase,
  build: number,
  shape: ModelShape,
  { partition, values, row }: RowWrite,
): void {
  if (row === null) {
    database.run(deleteRowText(shape, build), ...values, partition);
    return;
  }
  const stored = Object.entries(shape.columns).map(([name, kind]) => storedValue(kind, row[name] ?? null));
  database.run(writeRowText(shape, build), partition, ...stored);
}

/** Moments are kept in one form, so that their texts are in the order of time. */
function storedValue(kind: ColumnKind, value: ColumnValue): string | number | null {
  if (value === null) return null;
  if (kind === "time") return new Date(String(value)).toISOString();
  if (kind === "state") return JSON.stringify(value);
  return value as string | number;
}

/** The rows of these keys that are there. */
export function readRows(
  database: ModelDatabase,
  build: number,
  shape: ModelShape,
  keys: readonly RowKey[],
): readonly RowWrite[] {
  const text = selectRowText(shape, build);
  return keys.flatMap((key) =>
    database.all(text, ...key.values, key.partition).map((row) => ({ ...key, row: rowOf(shape, row) }))
  );
}

function rowOf({ columns }: Pick<ModelShape, "columns">, row: SqlRow): Row {
  const values = Object.entries(columns).map(([name, kind]) => {
    const value = row[name] ?? null;
    return [name, kind === "state" && value !== null ? JSON.parse(String(value)) : value];
  });
  return Object.fromEntries(values);
}

/** Rows of the build that is read. */
export function findRows(
  database: ModelDatabase,
  { id, shape }: StoredBuild,
  model: ReadableModel,
  query: RowQuery,
): readonly Row[] {
  const { where = {}, beyond, orderBy } = query;
  const valueOf = (column: string, value: ColumnValue) => storedValue(shape.columns[column] ?? "text", value);
  const values = Object.entries(where).map(([column, value]) => valueOf(column, value));
  if (beyond !== undefined) values.push(valueOf(orderBy, beyond));
  return database.all(findText(model, shape, id, query), ...values).map((row) => rowOf(model, row));
}

/** Counts the rows that differ between two builds, and gives way to other work in between. Stops as soon as it may. */
export async function countDifferences(
  database: ModelDatabase,
  one: StoredBuild,
  other: StoredBuild,
  signal: () => boolean,
): Promise<number> {
  let differing = 0;
  for (const [a, b] of [[one, other], [other, one]] as const) {
    const text = differencesText([a.shape, a.id], [b.shape, b.id]);
    const [row] = database.all(`select max(rowid) as last from ${tableOf(a.name, a.id)}`);
    const last = Number(row!.last ?? 0);
    for (let from = 0; from < last && !signal(); from += COMPARED_AT_ONCE) {
      differing += Number(database.all(text, from, from + COMPARED_AT_ONCE)[0]!.n);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  return differing;
}
