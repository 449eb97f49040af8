/** Events as lines of NDJSON or CSV, masked or as they are stored. Pure. @module */
import { parseStoredLine, type StoredEvent } from "../../../schema/delivery_line.ts";
import { toPublicEvent, toStoredEvent } from "../../cli/case_timeline.ts";
import { csvCell, toJsonText } from "../../cli/redaction.ts";

/** How events are shown. */
export interface EventFormat {
  readonly output: "ndjson" | "csv";
  /** As they are stored, personal data included. */
  readonly personal: boolean;
}

/** The columns of CSV; the data is JSON. */
const COLUMNS = [
  "position",
  "version",
  "recorded_at",
  "event_id",
  "event_type",
  "timestamp",
  "case_id",
  "data",
];

/** The first line of CSV. */
export const csvHeader = COLUMNS.join(",");

/** The lines of delivery lines, each with its line's end. */
export function shownLines(lines: readonly string[], format: EventFormat): string {
  let text = "";
  for (const line of lines) text += `${shownEvent(parseStoredLine(line), format)}\n`;
  return text;
}

function shownEvent(stored: StoredEvent, { output, personal }: EventFormat): string {
  const shown = personal ? toStoredEvent(stored) : toPublicEvent(stored);
  if (output === "ndjson") return toJsonText(shown);
  const { position, version, recorded_at, event } = shown;
  const { event_id, event_type, timestamp, correlation_id, data } = event;
  return [position, version, recorded_at, event_id, event_type, timestamp, correlation_id, toJsonText(data)]
    .map((value) => csvCell(String(value))).join(",");
}
