/** A delivery that failed in a worker, described for the failure policy. @module */
import { InvalidEvent } from "../../schema/codec.ts";
import type { Delivery } from "../../schema/delivery_line.ts";
import { UnknownKind } from "../../schema/evolution.ts";
import { describeError } from "../error_info.ts";
import { Reject } from "../processor.ts";
import { InvalidOutput } from "./outputs.ts";
import type { FailedAttempt } from "./protocol.ts";

/** A delivery that ran longer than it may. */
export class DeliveryTimeout extends Error {
  override name = "DeliveryTimeout";

  constructor(timeoutMs: number) {
    super(`A handler did not return within ${timeoutMs} ms`);
  }
}

/** Errors that no retry can help: handlers are pure. */
const FINAL = [Reject, InvalidEvent, InvalidOutput, UnknownKind];

const HELD = { class: "Held", message: "Waits behind an earlier delivery of its case" };

/** What became of a delivery that threw this. Reading a thrown value may loop: called under the watchdog. */
export function failedAttempt(delivery: Delivery, error: unknown): FailedAttempt {
  const final = FINAL.some((kind) => error instanceof kind);
  return { ...idsOf(delivery), attempt: delivery.attempt, held: false, final, error: describeError(error) };
}

/** What became of a delivery that was not tried. */
export function heldAttempt(delivery: Delivery): FailedAttempt {
  return { ...idsOf(delivery), attempt: 0, held: true, final: false, error: HELD };
}

function idsOf({ position, event }: Delivery) {
  return { position, eventId: event.event_id, eventType: event.event_type, caseId: event.correlation_id };
}
