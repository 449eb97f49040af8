/** Which types come from outside: what happened there, and what was judged. Pure. @module */
import { allEventTypes, type EventType } from "../events.ts";

/** What a citizen or an organisation reports. */
const reported: readonly string[] = [
  "case.intake",
  "case.intervention_requested",
  "case.assistance_accepted",
  "case.payment_received",
  "case.payment_missed",
  "case.withdrawn",
];

/** What an authority assesses, proposes, decides and closes. */
const judged: readonly string[] = [
  "case.analysis",
  "case.decision_proposed",
  "case.decision",
  "case.completed",
];

/**
 * Where events of a type come from: a producer reports or judges them. What is not named follows from others and is the runtime's
 * alone; so is a new type, until it is named here.
 */
export function classOf(type: string): "reported" | "judged" | "runtime" {
  if (reported.includes(type)) return "reported";
  return judged.includes(type) ? "judged" : "runtime";
}

/** In the order of a case's life. */
export const typesFromOutside: readonly EventType[] = allEventTypes.filter((type) =>
  classOf(type) !== "runtime"
);
