/**
 * The result of a delivery that was handled alone and ended its worker or its process, or made what can't be stored: one
 * failed attempt. Pure. @module
 */
import { type Batch, linesOf } from "../../backends/mailbox/batch.ts";
import { parseLine } from "../../schema/delivery_line.ts";
import type { ErrorInfo } from "../error_info.ts";
import type { BatchResult, FailedAttempt } from "../worker/protocol.ts";

const NO_OUTPUTS = new Uint8Array();

/** The failure of a delivery that was marked as exclusively in flight when its process died. */
export const NODE_DIED: ErrorInfo = {
  class: "NodeDied",
  message: "The process died while this delivery was handled, and nothing else was",
};

/** `slice` holds one delivery, which is charged with `error`. `final`: no retry can help. */
export function crashResult(slice: Batch, error: ErrorInfo, final = false): BatchResult {
  return failedResult(crashedAttempt(linesOf(slice)[0]!, error, final));
}

/** The delivery of this line, charged with `error`. */
export function crashedAttempt(line: string, error: ErrorInfo, final = false): FailedAttempt {
  const { position, attempt, event: { event_id: eventId, event_type: eventType, correlation_id: caseId } } =
    parseLine(line);
  return { position, eventId, eventType, caseId, attempt, held: false, final, error };
}

/** The result of a delivery that failed, and of no other. */
export function failedResult(failed: FailedAttempt): BatchResult {
  return { outputs: NO_OUTPUTS, outputTypes: {}, timers: [], failedAttempts: [failed], done: {} };
}
