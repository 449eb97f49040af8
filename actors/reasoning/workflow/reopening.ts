/**
 * A payment that was made in time and recorded after the case was closed over it. It is judged by the day on which it was made,
 * as long as it becomes known within a window; where the case would not have closed, it is reopened. Pure.
 * @module
 */
import type { DataOf, EventOf } from "../../../schema/events.ts";
import { momentOf } from "../../../schema/time/moment.ts";
import { PAID_IN_TIME } from "../../texts/citizen_texts.ts";
import { dutchDate } from "../decision/wording.ts";
import { dutchDay } from "../law/working_days.ts";
import { LATE_PAYMENT, policy } from "../rules/policy.ts";
import { foldRunning, nextDeadline, type Running, type RunningEvent } from "./saga.ts";

/** A case that was closed because it was not paid in time. */
export interface Closing {
  /** What it waited for, and what was paid since. */
  readonly running: Running;
  /** When what closed it expired, ISO. */
  readonly expiredAt: string;
  /** The moment of its closing, ISO. */
  readonly closedAt: string;
  /** A payment was taken that reopens it. */
  readonly isReopening: boolean;
}

type Payment = EventOf<"case.payment_received">;

/** The closing of a case by an event that escalates it; undefined where no payment could have prevented it. */
export function closingBy(
  before: Running,
  event: RunningEvent,
  closedAt: string,
): Closing | undefined {
  const { state } = before;
  if (state !== "in_payment_plan" && state !== "in_collection") return undefined;
  const deadline = event.event_type === "case.payment_missed"
    ? before.deadlines[event.data.instalment - 1]
    : nextDeadline(before);
  return {
    running: foldRunning(before, event),
    expiredAt: deadline?.expires_at ?? closedAt,
    closedAt,
    isReopening: false,
  };
}

/** The closing with a payment that was made in time; undefined where the payment changes nothing of it. */
export function withPayment(closing: Closing, payment: Payment): Closing | undefined {
  if (!isInTime(closing, payment)) return undefined;
  const running = foldRunning(closing.running, payment);
  if (!closing.isReopening && escalates(running)) return undefined;
  return { ...closing, running, isReopening: true };
}

/** Paid before what closed the case expired, and known within the window. */
function isInTime({ expiredAt, closedAt }: Closing, payment: Payment): boolean {
  const knownBy = Date.parse(closedAt) + policy.latePaymentDays * 86_400_000;
  return Date.parse(payment.timestamp) < Date.parse(expiredAt) && Date.parse(momentOf(payment)) <= knownBy;
}

/** Whether the case would have closed all the same. */
function escalates({ state, owed, paid, missed }: Running): boolean {
  return state === "in_payment_plan" ? missed.length >= policy.missedMax : owed === 0 || paid < owed;
}

/** Whether all that was to be paid is paid. */
export function isPaid({ owed, paid }: Running): boolean {
  return owed > 0 && paid >= owed;
}

/** The data of `case.reopened`. */
export function reopened({ running: { state } }: Closing, payment: Payment): DataOf<"case.reopened"> {
  const paid_on = dutchDay(payment.timestamp);
  return {
    case_id: payment.data.case_id,
    reopened_by: payment.event_id,
    state: state === "in_collection" ? state : "in_payment_plan",
    paid_on,
    window_days: policy.latePaymentDays,
    reason:
      `The payment of ${paid_on} was made in time and recorded after the case had closed: the case goes on.`,
    reason_nl: `De betaling van ${
      dutchDate(paid_on)
    } is op tijd gedaan en pas na het sluiten van de zaak geregistreerd: de zaak gaat verder.`,
    citizen_text: PAID_IN_TIME,
    rules: [{
      id: "policy/late_payment",
      version: policy.version,
      source: LATE_PAYMENT.law,
      certainty: LATE_PAYMENT.certainty,
    }],
  };
}
