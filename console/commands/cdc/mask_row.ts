/** What of a row leaves, of its key too: of our own tables what is known, of others what is listed. Pure. @module */
import { NOT_SHOWN } from "../../../actors/application.ts";
import type { MaskRow, ShownRow } from "../../../backends/postgres/cdc/debezium.ts";
import type { TableName } from "../../../backends/postgres/cdc/snapshot.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { withoutPersonalData } from "../../cli/case_timeline.ts";

/** Columns of our own tables that hold nothing of a person. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "zaakstroom.events": [
    ...[
      "position",
      "partition",
      "type",
      "version",
      "event_id",
      "schema_version",
      "occurred_at",
      "recorded_at",
    ],
    "metadata",
  ],
  "zaakstroom.outbox": ["id", "producer", "written_at"],
};

/**
 * `columns`: schema.table.column, or prefix.column of messages, each of which leaves as it is. What leaves of a table is looked up
 * once: a row has many columns.
 */
export function maskRows(columns: readonly string[]): MaskRow {
  const tables = new Map<string, ReadonlySet<string>>();
  return ({ schema, table }, row) => {
    const name = schema === "" ? table : `${schema}.${table}`;
    let known = tables.get(name);
    if (known === undefined) tables.set(name, known = columnsOf(name, columns));
    const isEvent = name === "zaakstroom.events";
    const shown: Record<string, ShownRow[string]> = {};
    for (const column of Object.keys(row)) {
      const value = row[column]!;
      if (value === null || known.has(column)) shown[column] = value;
      else shown[column] = isEvent ? maskEventColumn(column, row) : NOT_SHOWN;
    }
    return shown;
  };
}

/** The columns of a table that leave as they are. */
function columnsOf(table: string, listed: readonly string[]): ReadonlySet<string> {
  const own = listed.filter((each) => each.startsWith(`${table}.`)).map((each) =>
    each.slice(table.length + 1)
  );
  return new Set([...KNOWN[table] ?? [], ...own]);
}

function maskEventColumn(column: string, row: ShownRow): string {
  const value = String(row[column]);
  if (column === "case_id") return maskCaseId(value);
  if (column !== "data") return NOT_SHOWN;
  try {
    return JSON.stringify(withoutPersonalData(String(row.type), JSON.parse(value)));
  } catch {
    return NOT_SHOWN;
  }
}

/** Throws UsageError for what is no `schema.table`. */
export function tableNames(names: readonly string[]): TableName[] {
  return names.map((name) => {
    const [schema, table, ...more] = name.split(".");
    if (!schema || !table || more.length > 0) {
      throw new UsageError(`Cannot use --tables ${name}: write schema.table`);
    }
    return { schema, table };
  });
}
