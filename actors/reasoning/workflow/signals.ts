/** What an event says to a case. Pure. @module */
import type { CaseEvent } from "../../../schema/events.ts";
import type { PersonAsked } from "../rules/oversight.ts";
import { signalOf } from "./workflow.ts";

/** The signal of an event. */
export function signalFor({ event_type, data, metadata }: CaseEvent): string {
  return signalOf(event_type, data, metadata?.marks);
}

/** What an event asks a person for, and where there is none: nothing. */
export function askedBy(event: CaseEvent): PersonAsked | undefined {
  if (event.event_type === "case.intervention_requested") return "person_asked";
  return signalFor(event) === "case.withdrawn:to_be_confirmed" ? "withdrawal_unconfirmed" : undefined;
}
