/** What is remembered of the events of a case: what the rules and the workflow ask of them, and no more. @module */
import type { DataOf, EventType, Profile } from "../../../schema/events.ts";

type Intake = DataOf<"case.intake">;
type Analysis = DataOf<"case.analysis">;

/** What is kept of an event: without its envelope, whose strings are slices of a batch and would keep all of it in memory. */
export interface RememberedEvent<T extends EventType, D = DataOf<T>> {
  readonly event_type: T;
  /** Its moment, ISO: when a term that starts with it starts. */
  readonly timestamp: string;
  readonly data: D;
}

/** What the rules ask of an intake. Thousands are remembered, so contact data and what else there is are not. */
export function remembered(intake: Intake): Intake {
  const { case_id, citizen_bsn, debt_amount, debt_type, organization, intake_channel, priority } = intake;
  const claim = { case_id, citizen_bsn, debt_amount, debt_type, organization, intake_channel, priority };
  return intake.profile === undefined ? claim : { ...claim, profile: withoutContact(intake.profile) };
}

function withoutContact(profile: Profile): Profile {
  const { contact: _contact, municipality: _municipality, age_band: _age, ...asked } = profile;
  return asked;
}

export function withoutReasons(analysis: Analysis): Analysis {
  const { case_id, risk_score, success_probability, recommended_action } = analysis;
  const { estimated_savings, analysis_confidence } = analysis;
  return {
    case_id,
    risk_score,
    success_probability,
    recommended_action,
    estimated_savings,
    analysis_confidence,
  };
}
