/** Which types come from outside: what happened there, and what was judged. Pure. @module */
import type { EventType } from "../events.ts";

/**
 * In the order of a case's life: a citizen or an organisation reports, an authority assesses, decides and closes. A type that is
 * not named follows from others and is the runtime's alone; so is a new one, until it is named here.
 */
export const typesFromOutside: readonly EventType[] = [
  "case.intake",
  "case.analysis",
  "case.decision",
  "case.assistance_accepted",
  "case.payment_received",
  "case.payment_missed",
  "case.withdrawn",
  "case.completed",
];
