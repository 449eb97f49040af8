/** The rows of tables as they were at one moment: that from which a slot goes on, or now. @module */
import { BackendUnavailable } from "../../errors.ts";
import { codeOf, translate } from "../connection/errors.ts";
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

/**
 * Writes every row of the tables; answers how many. The session has one connection, and the transaction is begun by statements:
 * postgres.js writes the next statement of a transaction of its own to a connection that is gone, which ends the process, and takes
 * a cursor whose connection is gone for one at its end (both seen with 3.4.9). Throws BackendUnavailable where the session was ended.
 */
export async function writeSnapshot(session: Sql, request: SnapshotRequest): Promise<number> {
  try {
    await session.unsafe("begin isolation level repeatable read read only");
    // Its reader may be slow, and a table large.
    await session`set local idle_in_transaction_session_timeout = 0`;
    await session`set local statement_timeout = 0`;
    if (request.snapshot !== undefined) {
      await session.unsafe(`set transaction snapshot '${request.snapshot}'`);
    }
    let count = 0;
    for (const each of request.tables) count += await writeTable(session, each, request);
    await session.unsafe("commit");
    return count;
  } catch (error) {
    const isLost = ENDED.includes(codeOf(error));
    throw isLost ? new BackendUnavailable("The server ended the session of a snapshot") : translate(error);
  }
}

/** There is no such cursor, snapshot or transaction: of a session that is new, or whose snapshot went with another one. */
const ENDED = ["34000", "22023", "25P01"];

async function writeTable(
  session: Sql,
  name: TableName,
  { origin, mask, outboxes, write }: SnapshotRequest,
): Promise<number> {
  const relation = await describeTable(session, name);
  const columns = relation.columns.map((column) => `${quoted(column.name)}::text`).join(", ");
  // By the values themselves: the columns that are selected are text, and have the same names.
  const keys = relation.columns.filter(({ isKey }) => isKey).map((column) => `t.${quoted(column.name)}`);
  const order = keys.length === 0 ? "" : ` order by ${keys.join(", ")}`;
  await session.unsafe(`declare page no scroll cursor for select ${columns} from ${nameOf(name)} t${order}`);
  for (let count = 0;;) {
    const rows = await session.unsafe(`fetch ${PAGE} from page`).values() as unknown as (string | null)[][];
    if (rows.length > 0) await write(linesOf(rows, relation, { origin, mask, outboxes }));
    count += rows.length;
    if (rows.length < PAGE) {
      await session.unsafe("close page");
      return count;
    }
  }
}

function linesOf(
  rows: readonly (string | null)[][],
  relation: Relation,
  { origin, mask, outboxes }: Pick<SnapshotRequest, "origin" | "mask" | "outboxes">,
): string {
  const nowMs = Date.now();
  const moment = { lsn: null, lastCommit: null, xid: null, atMs: nowMs, snapshot: "true" } as const;
  return rows.map((values) => snapshotLine(relation, values, moment, origin, { mask, outboxes, nowMs })).join(
    "",
  );
}

/** As the decoder describes it. Throws what the server says of a table that is not there. */
async function describeTable(session: Sql, name: TableName): Promise<Relation> {
  const columns = await session<{ name: string; type: number; isKey: boolean }[]>`
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
