/** A timer as a message: when it is due, and the store row that is then appended. @module */
import type { Subjects } from "../../../schema/nats.ts";
import type { StoredTimerChange } from "../../mailbox/mailbox.ts";
import type { Write } from "../stream/atomic_publish.ts";
import { type PendingEvent, pendingEventOfRow } from "../stream/message.ts";

/** The message of a timer change. Throws RangeError for one that could not fire. */
export function timerWrite(subjects: Subjects, change: StoredTimerChange): Write {
  const subject = subjects.timer(change.processor, change.caseId, change.name);
  if (change.kind === "cancel") return { subject, payload: "", tombstone: true };
  const at = Date.parse(change.at);
  if (Number.isNaN(at)) throw new RangeError(`Cannot set a timer at a time that is none: ${change.at}`);
  pendingEventOfRow(change.row);
  return { subject, payload: `${at}\t${change.row}`, rollup: true };
}

/** When the timer of a message is due; NaN for what is none. */
export function timeOf(payload: string): number {
  return Number.parseInt(payload, 10);
}

/** Whether a message on the subject of a timer is one: other hands may have written it. */
export function isTimer(payload: string): boolean {
  try {
    timerDraft(payload);
    return Number.isFinite(timeOf(payload));
  } catch {
    return false;
  }
}

/** The event of a timer. */
export function timerDraft(payload: string): PendingEvent {
  return pendingEventOfRow(payload.slice(payload.indexOf("\t") + 1));
}
