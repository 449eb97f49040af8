/**
 * What commands print on standard output: a table for people; JSON, NDJSON and CSV for programs. JSON has one shape
 * everywhere: snake_case keys, ISO 8601 times, euros with two decimals, ids as text; a list is an object that holds it
 * under its name, as in `{"total":2,"cases":[…]}`.
 * @module
 */
import { stringify } from "@std/csv/stringify";
import { flag, oneOf } from "../../schema/settings.ts";
import type { Output } from "./command.ts";
import { UsageError } from "./exit_codes.ts";
import type { Values } from "./options.ts";
import { toJsonText, toPrintable, toPrintableLines } from "./redaction.ts";

/** Taken by every command that prints rows or a record. */
export const outputOptions = {
  output: {
    schema: oneOf(["table", "json", "ndjson", "csv"]).optional(),
    value: "FORMAT",
    help: "table, json, ndjson (an object a line) or csv; default table",
  },
  json: { schema: flag, help: "the same as --output json" },
} as const;

export type OutputValues = Values<typeof outputOptions>;
type OutputFormat = NonNullable<OutputValues["output"]>;

/** What a command has to say. */
interface CommandResult {
  /** All of it, as `json` prints it; in the shape of the module's header. */
  readonly json: object;
  /** What NDJSON and CSV have a line of each; without, `json` is the only one. */
  readonly rows?: readonly object[] | undefined;
  /** Keys of the rows that CSV and the table show, `latency_ms.p99` for a nested one; default: all of them. */
  readonly columns?: readonly string[] | undefined;
  /** What people read; default: a table of the rows. */
  readonly text?: string | undefined;
  /** A line below the table. */
  readonly note?: string | undefined;
}

/** An output that shows what could repaint a terminal by symbols: the last step of everything a command prints. */
export function printableOutput(output: Output): Output {
  return {
    ...output,
    out: (line) => output.out(toPrintableLines(line)),
    err: (line) => output.err(toPrintableLines(line)),
  };
}

/** The format that was asked for. Throws UsageError for two of them. */
export function formatOf({ output, json }: Partial<OutputValues>): OutputFormat {
  if (json && output !== undefined && output !== "json") {
    throw new UsageError(`Cannot use --json together with --output ${output}: choose one`);
  }
  return json ? "json" : output ?? "table";
}

/** A list under its name. `total` is how many there are, when `rows` may be fewer. */
export function listResult(
  name: string,
  rows: readonly object[],
  { columns, total, empty }: { columns: readonly string[]; total?: number; empty: string },
): CommandResult {
  const more = (total ?? 0) - rows.length;
  return {
    json: { ...(total === undefined ? {} : { total }), [name]: rows },
    rows,
    columns,
    text: rows.length === 0 ? empty : undefined,
    note: more > 0 ? `… and ${more} more: use --limit` : undefined,
  };
}

/** Prints a result in the format of the options. */
export function printResult({ out, width }: Output, values: OutputValues, result: CommandResult): void {
  const { json, rows = [json], columns, text, note } = result;
  const format = formatOf(values);
  if (format === "json") return out(toJsonText(json));
  if (format === "ndjson") return rows.forEach((row) => out(toJsonText(row)));
  if (format === "table" && text !== undefined) return out(text);
  const flat = rows.map((row) => flatten(row));
  const shown = columns ?? [...new Set(flat.flatMap(Object.keys))];
  if (format === "csv") return out(toCsv(flat, shown));
  out(renderTable(flat, shown, width));
  if (note !== undefined) out(note);
}

type FlatRow = Readonly<Record<string, unknown>>;

/** Nested objects as one: `{"a":{"b":1}}` becomes `{"a.b":1}`. Lists stay. */
function flatten(value: object, prefix = ""): FlatRow {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      isObject(inner) ? Object.entries(flatten(inner, `${prefix}${key}.`)) : [[`${prefix}${key}`, inner]]
    ),
  );
}

/** Amounts are objects too (`JSON.rawJSON`), and one value all the same. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/** RFC 4180, but for the last line end, which the printing adds. */
function toCsv(rows: readonly FlatRow[], columns: readonly string[]): string {
  const text = stringify(rows, { columns: columns.map((column) => ({ prop: column, header: column })) });
  return text.slice(0, -1);
}

const GAP = "  ";
/** A column is not made narrower than this to fit a terminal. */
const MIN_WIDTH = 8;
/** What is copied into the next command stays whole. */
const WHOLE = ["id", "case_id", "position", "name"];

/** Columns under their names, numbers to the right, times to the second; rows cut to `width`, where there is one. */
export function renderTable(
  rows: readonly FlatRow[],
  columns: readonly string[],
  width: number = Infinity,
): string {
  const header = columns.map((column) => toPrintable(column.replaceAll(/[_.]/g, " ").toUpperCase()));
  const cells = rows.map((row) => columns.map((column) => cellText(row[column])));
  const isNumeric = columns.map((column) => rows.every((row) => isNumber(row[column])));
  const wanted = header.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]!.length)));
  const widths = fit(wanted, columns.map((column) => !WHOLE.includes(column)), width);
  const line = (texts: readonly string[]) =>
    texts.map((text, i) => {
      const shown = cut(text, widths[i]!);
      return isNumeric[i] ? shown.padStart(widths[i]!) : shown.padEnd(widths[i]!);
    }).join(GAP).trimEnd();
  return [header, ...cells].map((texts) => cut(line(texts), width)).join("\n");
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z$/;

function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(cellText).join(", ");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return toPrintable(text.replace(TIME, "$1Z"), Infinity);
}

function isNumber(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "number" || JSON.isRawJSON(value);
}

/** Takes from the widest of the columns that may be cut, until the row fits or all of them are narrow. */
function fit(wanted: readonly number[], mayCut: readonly boolean[], width: number): readonly number[] {
  const widths = [...wanted];
  const widthOf = (i: number) => mayCut[i] ? widths[i]! : 0;
  let excess = widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length) - width;
  for (; excess > 0; excess--) {
    const widest = widths.reduce((best, _, i) => widthOf(i) > widthOf(best) ? i : best, 0);
    if (widthOf(widest) <= MIN_WIDTH) break;
    widths[widest]!--;
  }
  return widths;
}

/** A value of ours with its keys in snake_case, at every depth. Data of events has the keys its producer gave it. */
export function toSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toSnakeCase(inner),
    ]),
  );
}
