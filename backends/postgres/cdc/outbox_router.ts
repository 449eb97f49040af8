/**
 * Rows of an outbox with Debezium's columns, and messages in the log that hold the same as JSON, as its event router has them: a topic
 * by aggregatetype, keyed by aggregateid, the payload as the value. Pure.
 * @module
 */

type Field = string | number | boolean | null;
type OutboxRow = Readonly<Record<string, Field>>;

/** The outboxes: `schema.table`, or the prefix of messages. */
export type Outboxes = readonly string[];

/** As much of a row as may leave. */
type MaskFields = (row: OutboxRow) => OutboxRow;

/** Columns by which an event is routed: they say nothing of a person. */
const ROUTING = ["id", "aggregatetype", "type"] as const;

/** The line of an event; undefined for a row that is none. */
export function outboxLine(row: OutboxRow, mask: MaskFields): string | undefined {
  const { id, aggregatetype, type } = row;
  if (ROUTING.some((column) => typeof row[column] !== "string")) return undefined;
  const { aggregateid = null, payload = null } = mask(row);
  const topic = `outbox.event.${aggregatetype}`;
  return `${JSON.stringify({ topic, key: aggregateid, headers: { id, type }, value: jsonOf(payload) })}\n`;
}

/** The row in a message of the log; undefined for what is none. */
export function outboxRow(content: string): OutboxRow | undefined {
  const value = jsonOf(content);
  if (typeof value !== "object" || value === null) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      typeof field === "object" && field !== null ? JSON.stringify(field) : field,
    ]),
  );
}

/** JSON that is text in its column is JSON again; other text stays text. */
function jsonOf(value: Field): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
