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

/** `columns`: schema.table.column, or prefix.column of messages, each of which leaves as it is. */
export function maskRows(columns: readonly string[]): MaskRow {
  const listed = new Set(columns);
  return ({ schema, table }, row) => {
    const name = schema === "" ? table : `${schema}.${table}`;
    const shown = Object.entries(row).map(([column, value]) => {
      if (value === null || listed.has(`${name}.${column}`) || KNOWN[name]?.includes(column)) {
        return [column, value];
      }
      return [column, name === "zaakstroom.events" ? maskEventColumn(column, row) : NOT_SHOWN];
    });
    return Object.fromEntries(shown);
  };
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
