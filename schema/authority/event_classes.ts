/** Who may say what, by type: an organisation reports, an authority judges, and the rest only the runtime says. Pure. @module */
import type { EventType } from "../events.ts";

/**
 * `reported`: what happened outside, as the citizen or the organisation tells it. `judged`: an assessment or a decision.
 * `runtime`: what follows from the others; it never comes from outside.
 */
type EventClass = "reported" | "judged" | "runtime";

/** The class of every type. */
export const eventClasses: Readonly<Record<EventType, EventClass>> = {
  "case.intake": "reported",
  "case.analysis": "judged",
  "case.review_requested": "runtime",
  "case.decision": "judged",
  "case.payment_plan_created": "runtime",
  "case.assistance_accepted": "reported",
  "case.payment_received": "reported",
  "case.term_expired": "runtime",
  "case.payment_missed": "reported",
  "case.withdrawn": "reported",
  "case.debt_forgiven": "runtime",
  "case.event_refused": "runtime",
  "case.completed": "judged",
};

/** The types that may come from outside at all, in the order of a case's life. */
export const typesFromOutside = (Object.keys(eventClasses) as EventType[])
  .filter((type) => eventClasses[type] !== "runtime");
