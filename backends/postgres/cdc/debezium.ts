/** Changes in Debezium's envelope, as its JSON converter writes it without schemas: a key and a value a line. Pure. @module */
import type { Lsn } from "../../backup/wal_position.ts";
import { type Outboxes, outboxLine } from "./outbox_router.ts";
import type { Change, Relation } from "./pgoutput.ts";

/** Where a change comes from. */
export interface ChangeOrigin {
  /** The version of this program. */
  readonly version: string;
  /** `topic.prefix`: by what the database is known. */
  readonly name: string;
  readonly database: string;
}

/** The transaction of a change, or the snapshot. */
export interface ChangeMoment {
  readonly lsn: Lsn | null;
  readonly lastCommit: Lsn | null;
  readonly xid: number | null;
  /** When it was committed. */
  readonly atMs: number;
  readonly snapshot: "true" | "last" | "false";
}

type Value = string | number | boolean | null;
export type ShownRow = Readonly<Record<string, Value>>;

/** As much of a row as may leave. */
export type MaskRow = (relation: Pick<Relation, "schema" | "table">, row: ShownRow) => ShownRow;

/** What leaves of changes, and which are events of an outbox. */
export interface Showing {
  readonly mask: MaskRow;
  readonly outboxes: Outboxes;
}

/** Stands for a large value that did not change, and that the server does not send. */
const UNAVAILABLE = "__debezium_unavailable_value";
const BOOLEAN = 16;
const NUMBERS = [20, 21, 23, 700, 701];

/** A value by its type: numbers and booleans are those of JSON, everything else is text, JSON too. */
function valueOf(text: string | null | undefined, type: number): Value {
  if (text === undefined) return UNAVAILABLE;
  if (text === null) return null;
  if (type === BOOLEAN) return text === "t" || text === "true";
  if (!NUMBERS.includes(type)) return text;
  const number = Number(text);
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))
    ? number
    : text;
}

/** The columns of a row with their values. */
function rowOf({ columns }: Relation, values: readonly (string | null | undefined)[]): ShownRow {
  return Object.fromEntries(columns.map(({ name, type }, i) => [name, valueOf(values[i], type)]));
}

/** The lines of a change: a deletion has a tombstone behind it. */
export function debeziumLines(
  change: Change & { readonly kind: "row" | "truncate" },
  moment: ChangeMoment,
  origin: ChangeOrigin,
  { mask, outboxes, nowMs }: Showing & { readonly nowMs: number },
): string {
  if (change.kind === "truncate") {
    return change.relations.filter((relation) => !isOutbox(relation, outboxes)).map((relation) =>
      line(null, envelope("t", relation, null, null, { moment, origin, nowMs }))
    ).join("");
  }
  const { relation, op } = change;
  // Its rows are events: that one is removed later says nothing.
  if (isOutbox(relation, outboxes)) return op === "c" ? eventLine(relation, change.after!, mask) : "";
  const shown = (values: typeof change.after) => values && mask(relation, rowOf(relation, values));
  const [before, after] = [shown(change.before), shown(change.after)];
  const key = keyOf(relation, (after ?? before)!);
  const value = envelope(op, relation, before, after, { moment, origin, nowMs });
  return op === "d" ? `${line(key, value)}${line(key, null)}` : line(key, value);
}

/** A row that was there when a snapshot was taken. */
export function snapshotLine(
  relation: Relation,
  values: readonly (string | null)[],
  moment: ChangeMoment,
  origin: ChangeOrigin,
  { mask, outboxes, nowMs }: Showing & { readonly nowMs: number },
): string {
  if (isOutbox(relation, outboxes)) return eventLine(relation, values, mask);
  const row = mask(relation, rowOf(relation, values));
  return line(keyOf(relation, row), envelope("r", relation, null, row, { moment, origin, nowMs }));
}

function isOutbox({ schema, table }: Relation, outboxes: Outboxes): boolean {
  return outboxes.includes(`${schema}.${table}`);
}

function eventLine(
  relation: Relation,
  values: readonly (string | null | undefined)[],
  mask: MaskRow,
): string {
  return outboxLine(rowOf(relation, values), (row) => mask(relation, row)) ?? "";
}

interface EnvelopeContext {
  readonly moment: ChangeMoment;
  readonly origin: ChangeOrigin;
  readonly nowMs: number;
}

function envelope(
  op: "c" | "u" | "d" | "r" | "t",
  { schema, table }: Relation,
  before: ShownRow | null,
  after: ShownRow | null,
  { moment, origin, nowMs }: EnvelopeContext,
): object {
  const { lsn, lastCommit, xid, atMs, snapshot } = moment;
  const sequence = JSON.stringify([lastCommit, lsn].map((each) => each === null ? null : String(each)));
  return {
    before,
    after,
    source: {
      ...{ version: origin.version, connector: "postgresql", name: origin.name },
      ...{
        ts_ms: atMs,
        ts_us: atMs * 1_000,
        ts_ns: atMs * 1_000_000,
        snapshot,
        db: origin.database,
        sequence,
      },
      ...{ schema, table, txId: xid, lsn: lsn === null ? null : Number(lsn), xmin: null },
    },
    transaction: null,
    op,
    ts_ms: nowMs,
  };
}

function keyOf({ columns }: Relation, row: ShownRow): ShownRow | null {
  const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => [name, row[name] ?? null] as const);
  return keys.length === 0 ? null : Object.fromEntries(keys);
}

function line(key: object | null, value: object | null): string {
  return `${JSON.stringify({ key, value })}\n`;
}
