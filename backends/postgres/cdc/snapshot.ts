/** The rows of tables as they were at one moment: that from which a slot goes on, or now. @module */
import type { Sql } from "../connection/pool.ts";
import { type ChangeOrigin, type Showing, snapshotLine } from "./debezium.ts";
import type { Relation } from "./pgoutput.ts";

/** A table by its schema and name. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

interface SnapshotRequest extends Showing {
  readonly tables: readonly TableName[];
  /** Exported by the slot; without, it is of now. */
  readonly snapshot?: string | undefined;
  readonly origin: ChangeOrigin;
  write(lines: string): Promise<void>;
}

/** Rows that are in memory at once. */
const PAGE = 1_000;

/** Writes every row of the tables; answers how many. */
export async function writeSnapshot(session: Sql, request: SnapshotRequest): Promise<number> {
  return await session.begin("isolation level repeatable read read only", async (begun) => {
    const tx = begun as unknown as Sql;
    if (request.snapshot !== undefined) await tx.unsafe(`set transaction snapshot '${request.snapshot}'`);
    let count = 0;
    for (const each of request.tables) count += await writeTable(tx, each, request);
    return count;
  }) as number;
}

async function writeTable(
  tx: Sql,
  name: TableName,
  { origin, mask, outboxes, write }: SnapshotRequest,
): Promise<number> {
  const relation = await describeTable(tx, name);
  const columns = relation.columns.map((column) => `${quoted(column.name)}::text`).join(", ");
  // A bare name would be that of the text beside it, and order numbers as words.
  const keys = relation.columns.filter(({ isKey }) => isKey).map((column) =>
    `${nameOf(name)}.${quoted(column.name)}`
  );
  const order = keys.length === 0 ? "" : ` order by ${keys.join(", ")}`;
  const rows = tx.unsafe(`select ${columns} from ${nameOf(name)}${order}`).values().cursor(PAGE);
  let count = 0;
  for await (const page of rows as AsyncIterable<(string | null)[][]>) {
    const nowMs = Date.now();
    const moment = { lsn: null, lastCommit: null, xid: null, atMs: nowMs, snapshot: "true" } as const;
    await write(
      page.map((values) => snapshotLine(relation, values, moment, origin, { mask, outboxes, nowMs })).join(
        "",
      ),
    );
    count += page.length;
  }
  return count;
}

/** As the decoder describes it. Throws what the server says of a table that is not there. */
async function describeTable(tx: Sql, name: TableName): Promise<Relation> {
  const columns = await tx<{ name: string; type: number; isKey: boolean }[]>`
    select a.attname::text as name, a.atttypid::int as type, i.indexrelid is not null as "isKey"
    from pg_attribute a
    left join pg_index i on i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey)
    where a.attrelid = ${
    nameOf(name)
  }::text::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`;
  return { ...name, columns };
}

export function nameOf({ schema, table }: TableName): string {
  return `${quoted(schema)}.${quoted(table)}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
