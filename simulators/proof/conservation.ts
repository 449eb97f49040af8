/** What must follow from which event of the debt application: the rules that the ledger holds the runtime to. @module */
import { signalOf } from "../../actors/reasoning/workflow/workflow.ts";
import type { Conservation } from "./ledger.ts";

/**
 * For each signal, one event of these types names it as its cause. What follows a payment, a term, a referral or a withdrawal
 * that must be confirmed depends on the case, and is not listed. No event has the same effect twice, whatever it is.
 */
const mustFollow: Readonly<Record<string, readonly string[]>> = {
  "case.intake": ["case.analysis"],
  "case.analysis": ["case.decision", "case.review_requested", "case.event_refused"],
  "case.decision:forgive": ["case.completed", "case.event_refused"],
  "case.decision:payment_plan": ["case.payment_plan_created", "case.review_requested", "case.event_refused"],
  "case.assistance_accepted:plan_paid": ["case.completed", "case.event_refused"],
  "case.withdrawn": ["case.completed", "case.event_refused"],
};

export const conservation: Conservation = ({ event_type, data, metadata }) => {
  const types = mustFollow[signalOf(event_type, data, metadata?.marks)];
  return types && [types];
};
