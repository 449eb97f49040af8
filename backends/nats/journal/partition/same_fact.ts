/** Whether two events of one id are the same fact, however they were sent. Pure. @module */
import { isDeepStrictEqual } from "node:util";
import type { PendingEvent } from "../../stream/message.ts";
import type { RecordEvent } from "../record/record.ts";

type Identified = Pick<RecordEvent, "type" | "caseId">;

/** Compares type, case and data only: a producer that retries may send another time or trace. */
export function isSameFact(
  one: Identified & { readonly text: string },
  other: Identified & { readonly text: string },
): boolean {
  if (one.type !== other.type || one.caseId !== other.caseId) return false;
  const [data, otherData] = [dataIn(one.text), dataIn(other.text)];
  return data === otherData || isDeepStrictEqual(jsonOf(data), jsonOf(otherData));
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** An event on its way into the store, to be compared. */
export function factOf({ type, caseId, body }: PendingEvent) {
  return { type, caseId, text: decoder.decode(body) };
}

/** An event in the store, to be compared. */
export function storedFactOf({ type, caseId, rest }: RecordEvent) {
  return { type, caseId, text: decoder.decode(rest.subarray(1)) };
}

/** Of id, type, case, time, data and metadata. */
function dataIn(text: string): string {
  return text.split("\t", 5)[4]!;
}

/** What the metadata says of where an event came from. */
export function originIn(text: string): { readonly causation_id?: string; readonly source?: string } {
  const metadata = jsonOf(text.split("\t", 6)[5]!);
  return typeof metadata === "object" && metadata !== null ? metadata : {};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
