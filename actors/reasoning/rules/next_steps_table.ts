/** What happens after a decision: the steps as reviewed data. Each row's reason text is the step. @module */
import { decisions } from "../../../schema/event_fields.ts";
import { compile, type FactsOf, type Row, type Table } from "./rule_engine.ts";
import { debtClasses } from "./debt_classes.ts";
import { BESLAGVRIJE_VOET } from "../law/income_parameters.ts";
import {
  CAK_SIGNAL,
  DUO_TRANSFER,
  EMERGENCY_STOP,
  WAHV_23,
  WGS_4,
  WGS_4A,
  WIK,
  zvwMonths,
} from "../law/legal_parameters.ts";
import { FIRST_DAY, HUMAN_REVIEW, NOTHING_OWED, OFFER_FIRST, SMALL_CLAIM } from "./policy.ts";

/** What the steps depend on. */
const facts = {
  decision: decisions,
  kind: debtClasses,
  threat: ["yes", "no"],
  income: ["known", "unknown"],
  /** The claim against the amount from which DUO or the CAK may hand it on. */
  threshold: ["reached", "below", "none"],
  /** Whether collection costs follow the WIK. */
  costs: ["wik", "other"],
  /** The claim against the mean cost of collecting one. */
  size: ["below_costs", "ordinary"],
} as const;
export type StepFacts = FactsOf<typeof facts>;

const steps: readonly Omit<Row<StepFacts, "step">, "then">[] = [
  {
    id: "write_off",
    when: { decision: ["forgive"] },
    sources: [NOTHING_OWED],
    reason: "Write the claim of {claim} off and confirm it to the citizen in writing",
    reason_nl: "Boek de vordering van {claim} af en bevestig dat schriftelijk aan de burger",
  },
  {
    id: "ask_to_write_off",
    when: {
      decision: ["payment_plan", "collect", "refer_assistance"],
      costs: ["wik"],
      size: ["below_costs"],
    },
    sources: [SMALL_CLAIM],
    reason: "Ask the creditor to let {claim} go: collecting one costs {cost} on average",
    reason_nl: "Vraag de schuldeiser {claim} te laten vervallen: innen kost gemiddeld {cost}",
  },
  {
    id: "check_income",
    when: { decision: ["payment_plan"], income: ["unknown"] },
    sources: [BESLAGVRIJE_VOET],
    reason: "Ask for the income and check the beslagvrije voet before the first instalment",
    reason_nl: "Vraag naar het inkomen en toets de beslagvrije voet vóór de eerste termijn",
  },
  {
    id: "send_plan",
    when: { decision: ["payment_plan"] },
    sources: [OFFER_FIRST],
    reason: "Send the citizen the plan: {instalments}",
    reason_nl: "Stuur de burger het plan: {instalments}",
  },
  {
    id: "hold_costs",
    when: { decision: ["payment_plan", "refer_assistance"] },
    sources: [OFFER_FIRST],
    reason: "Ask the organisation to charge no further costs while this runs",
    reason_nl: "Vraag de organisatie zolang dit loopt geen verdere kosten te rekenen",
  },
  {
    id: "stop_threat",
    when: { decision: ["refer_assistance"], threat: ["yes"] },
    sources: [WGS_4],
    reason: "Ask the creditor at once to suspend what threatens the household",
    reason_nl: "Vraag de schuldeiser direct om opschorting van wat het huishouden bedreigt",
  },
  {
    id: "invite",
    when: { decision: ["refer_assistance"] },
    sources: [WGS_4],
    reason: "Invite the citizen to a first meeting, at the latest on {first_meeting}",
    reason_nl: "Nodig de burger uit voor een eerste gesprek, uiterlijk op {first_meeting}",
  },
  {
    id: "decide_on_plan",
    when: { decision: ["refer_assistance"] },
    sources: [WGS_4A],
    reason: "Decide on a plan of approach within eight weeks of the first meeting",
    reason_nl: "Besluit binnen acht weken na het eerste gesprek over een plan van aanpak",
  },
  {
    id: "stabilise_premium",
    when: { decision: ["refer_assistance"], kind: ["health"] },
    sources: [zvwMonths.source],
    reason: "Make a stabilisation agreement: it prevents or ends the report to the CAK",
    reason_nl: "Sluit een stabilisatieovereenkomst: die voorkomt of beëindigt de aanmelding bij het CAK",
  },
  {
    id: "request_payment",
    when: { decision: ["collect"] },
    sources: [HUMAN_REVIEW],
    reason: "Send a payment request, due on {payment}, and name the way to debt assistance in it",
    reason_nl:
      "Stuur een betaalverzoek, te betalen op {payment}, en noem daarin de weg naar schuldhulpverlening",
  },
  {
    id: "collection_costs",
    when: { decision: ["collect"], costs: ["wik"] },
    sources: [WIK],
    reason: "Charge at most {wik} collection costs, and only after a free reminder",
    reason_nl: "Reken hoogstens {wik} incassokosten, en pas na een kosteloze aanmaning",
  },
  {
    id: "officer",
    when: { decision: ["collect"], kind: ["fine"] },
    sources: [WAHV_23],
    reason: "Name the officer's power to stop collection of the fine",
    reason_nl: "Wijs op de bevoegdheid van de officier om de inning van de boete te staken",
  },
  {
    id: "emergency_stop",
    when: { decision: ["collect"], kind: ["fine"] },
    sources: [EMERGENCY_STOP],
    reason: "Name the emergency stop of the CJIB (four months) for who cannot pay now",
    reason_nl: "Wijs op de noodstopprocedure van het CJIB (vier maanden) voor wie nu niet kan betalen",
  },
  {
    id: "keep_with_duo",
    when: { decision: ["collect"], kind: ["study"], threshold: ["below"] },
    sources: [DUO_TRANSFER],
    reason: "Keep the claim with DUO: it is below the amount handed over to the CJIB",
    reason_nl: "Houd de vordering bij DUO: zij ligt onder het bedrag voor overdracht aan het CJIB",
  },
  {
    id: "signal_municipality",
    when: { decision: ["collect", "payment_plan"], kind: ["health"], threshold: ["reached"] },
    sources: [CAK_SIGNAL],
    reason: "From five months of arrears the CAK may signal the municipality: check the age of the claim",
    reason_nl: "Vanaf vijf maanden achterstand mag het CAK de gemeente een signaal geven: ga de duur na",
  },
];

const table: Table<StepFacts, "step"> = {
  id: "next_steps",
  version: "2026.2",
  valid_from: FIRST_DAY,
  policy: "collect",
  facts,
  rows: steps.map((step) => ({ ...step, then: "step" })),
};

/** The rules on next steps, compiled. */
export const stepRules = compile(table);
export const stepTables = [table];
