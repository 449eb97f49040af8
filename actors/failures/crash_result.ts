/**
 * The result of a delivery that was handled alone and ended its worker or its process, or made what can't be stored: one
 * failed attempt. Pure. @module
 */
import { type Batch, linesOf } from "../../backends/mailbox/batch.ts";
import { parseLine } from "../../schema/delivery_line.ts";
import type { ErrorInfo } from "../error_info.ts";
import type { BatchResult } from "../worker/protocol.ts";

const NO_OUTPUTS = new Uint8Array();

/** The failure of a delivery that was marked as exclusively in flight when its process died. */
export const NODE_DIED: ErrorInfo = {
  class: "NodeDied",
  message: "The process died while this delivery was handled, and nothing else was",
};

/** `slice` holds one delivery, which is charged with `error`. `final`: no retry can help. */
export function crashResult(slice: Batch, error: ErrorInfo, final = false): BatchResult {
  const { position, attempt, event } = parseLine(linesOf(slice)[0]!);
  const failed = {
    position,
    eventId: event.event_id,
    eventType: event.event_type,
    caseId: event.correlation_id,
    attempt,
    held: false,
    final,
    error,
  };
  return { outputs: NO_OUTPUTS, outputTypes: {}, timers: [], failedAttempts: [failed], done: {} };
}
