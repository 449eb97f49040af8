/** What of an event is closed wherever it is shown: all that differs from what is stored. Pure. @module */
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import { toPrintable } from "../../cli/redaction.ts";
import { withoutPersonalData } from "../../cli/case_timeline.ts";

export interface PersonalField {
  readonly version: number;
  readonly event_type: string;
  /** Its path in the data, as in `profile.contact.name`. */
  readonly field: string;
  readonly value: string;
}

/** In the order of the data. */
export function personalFields(
  { version, event: { event_type, data } }: StoredEvent,
): readonly PersonalField[] {
  return hiddenIn(data, withoutPersonalData(event_type, data), []).map(([path, value]) => ({
    ...{ version, event_type },
    field: toPrintable(path.join("."), 200),
    value: toPrintable(typeof value === "string" ? value : JSON.stringify(value), 2_000),
  }));
}

type Leaf = readonly [path: readonly string[], value: unknown];

function hiddenIn(stored: unknown, shown: unknown, path: readonly string[]): Leaf[] {
  // Amounts are shown with two decimals.
  if (stored === shown || JSON.isRawJSON(shown)) return [];
  if (!isNested(stored)) return [[path, stored]];
  const inner = isNested(shown) ? shown : {};
  return Object.entries(stored).flatMap(([name, value]) => hiddenIn(value, inner[name], [...path, name]));
}

/** Lists too: their elements have numbers for names. */
function isNested(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
