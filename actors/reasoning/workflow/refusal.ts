/** Why a case does not accept an event, in words for the person who reads the case. @module */
import type { CaseEvent, DataOf } from "../../../schema/events.ts";
import { REFUSED_PAYMENT } from "../../texts/citizen_texts.ts";
import type { CaseProgress } from "./progress.ts";
import type { CaseState } from "./workflow.ts";

interface Wording {
  readonly en: string;
  readonly nl: string;
}

/** Where a case stands, to follow "The case". */
const standing: Readonly<Record<CaseState, Wording>> = {
  "new": { en: "is not known yet", nl: "is nog niet bekend" },
  "received": { en: "is still being assessed", nl: "wordt nog beoordeeld" },
  "analysed": { en: "was assessed already", nl: "was al beoordeeld" },
  "waiting_for_caseworker": { en: "waits for a caseworker", nl: "wacht op een medewerker" },
  "plan_decided": { en: "was being given a payment plan", nl: "kreeg juist een betalingsregeling" },
  "in_payment_plan": { en: "has a payment plan", nl: "heeft een betalingsregeling" },
  "referred": { en: "was referred to debt assistance", nl: "was doorverwezen naar schuldhulpverlening" },
  "in_assistance": {
    en: "has a debt plan of debt assistance",
    nl: "heeft een schuldenplan van de schuldhulpverlening",
  },
  "in_collection": {
    en: "is about a claim that is being collected",
    nl: "gaat over een vordering die wordt geïnd",
  },
  "forgiven": {
    en: "is about a claim that was forgiven",
    nl: "gaat over een vordering die is kwijtgescholden",
  },
  "withdrawing": { en: "was withdrawn", nl: "was ingetrokken" },
  "completed:resolved": { en: "was completed (resolved)", nl: "was afgerond (opgelost)" },
  "completed:withdrawn": { en: "was completed (withdrawn)", nl: "was afgerond (ingetrokken)" },
  "completed:escalated": { en: "was completed (escalated)", nl: "was afgerond (overgedragen)" },
};

/** What a person must do about it. */
const NOTHING: Wording = { en: "", nl: "" };
const PAYMENT: Wording = {
  en: " The payment must be returned or booked elsewhere.",
  nl: " De betaling moet worden teruggestort of elders worden geboekt.",
};

/** The data of `case.event_refused` for an event that a case in this progress does not accept. */
export function refusalOf({ state, ending }: CaseProgress, event: CaseEvent): DataOf<"case.event_refused"> {
  // A case that ends, but whose completion is still on its way, stands where it will end.
  const where: CaseState = ending === undefined || state === "forgiven" ? state : `completed:${ending}`;
  const { en, nl } = standing[where];
  const todo = event.event_type === "case.payment_received" ? PAYMENT : NOTHING;
  return {
    case_id: event.data.case_id,
    refused: event.event_id,
    event_type: event.event_type,
    state: where,
    reason: `The case ${en}: ${event.event_type} has no effect.${todo.en}`,
    reason_nl: `De zaak ${nl}: ${event.event_type} heeft geen gevolg.${todo.nl}`,
    ...(todo === PAYMENT ? { citizen_text: REFUSED_PAYMENT } : {}),
  };
}
