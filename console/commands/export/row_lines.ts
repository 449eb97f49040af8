/** Rows of a read model as lines of NDJSON or CSV. Pure. @module */
import type { ReadableModel, Row } from "../../../backends/projections.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { cents, formatEuros } from "../../../schema/money.ts";
import { csvCell, toJsonText } from "../../cli/redaction.ts";

/** How rows are written. */
export interface RowFormat {
  readonly columns: ReadableModel["columns"];
  readonly output: "ndjson" | "csv";
  /** Case ids as they are: one may be a BSN. */
  readonly personal: boolean;
}

/** The first line of CSV; nothing before NDJSON. */
export function headerLine({ columns, output }: RowFormat): string {
  return output === "csv" ? `${Object.keys(columns).join(",")}\n` : "";
}

export function rowLine(row: Row, format: RowFormat): string {
  const values = Object.keys(format.columns).map((name) => [name, valueOf(name, row, format)] as const);
  if (format.output === "ndjson") return `${toJsonText(Object.fromEntries(values))}\n`;
  return `${values.map(([, value]) => cellOf(value)).join(",")}\n`;
}

function cellOf(value: unknown): string {
  if (value === null) return "";
  return csvCell(JSON.isRawJSON(value) ? JSON.stringify(value) : String(value));
}

/** Amounts are euros with two decimals. */
function valueOf(name: string, row: Row, { columns, personal }: RowFormat): unknown {
  const value = row[name] ?? null;
  if (value === null) return null;
  if (columns[name] === "money") return JSON.rawJSON(formatEuros(cents(Number(value))));
  if (columns[name] === "integer") return Number(value);
  return name === "case_id" && !personal ? maskCaseId(String(value)) : value;
}
