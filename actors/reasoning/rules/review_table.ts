/** Who decides: the reasons for which a person does, as reviewed data. No row matches: the system may decide. @module */
import { decisions } from "../../../schema/event_fields.ts";
import { compile, type FactsOf, type Row, type Table } from "./rule_engine.ts";
import { remissionNorms } from "../law/legal_parameters.ts";
import type { Source } from "../law/source.ts";
import { FIRST_DAY, HUMAN_REVIEW, RAISED_FIGURE, REMISSION_TEST } from "./policy.ts";

/** What it rests on whether a person decides. */
const facts = {
  decision: decisions,
  confidence: ["low", "fair", "high"],
  success: ["low", "fair"],
  /** The BSN against the eleven-test. */
  identity: ["plausible", "failed"],
  /** Whether the figures of the intake fit together. */
  figures: ["consistent", "contradictory"],
  /** The figures of law for the day: known, or not, so that a person must look them up. */
  law: ["known", "missing"],
  /** Whether a figure that is not published yet, and was raised, costs the citizen an arrangement. */
  margin: ["none", "decides"],
  /** Amount to be forgiven against what may be forgiven. */
  forgiven: ["nothing", "within", "over"],
  debts: ["problematic", "manageable", "unknown"],
  /** Whether the person is known to have other debts. */
  others: ["some", "none"],
  ability: ["at_once", "within", "beyond", "unknown"],
  /** Instalment when the income is not known, against what may be offered unseen. */
  instalment: ["small", "large"],
  advice: decisions,
} as const;
export type ReviewFacts = FactsOf<typeof facts>;

/** A row; its source is the policy on human review, and what is named besides. */
type Reason = Omit<Row<ReviewFacts, "caseworker">, "then" | "sources"> & {
  readonly sources?: readonly Source[];
};

const reasons: readonly Reason[] = [
  {
    id: "low_confidence",
    when: { confidence: ["low"], decision: ["forgive", "payment_plan", "collect"] },
    reason: "Too little is known of the case to decide without a person (confidence {confidence}).",
    reason_nl: "Er is te weinig bekend om zonder medewerker te beslissen (zekerheid {confidence}).",
  },
  {
    id: "identity",
    when: { identity: ["failed"], decision: ["forgive", "payment_plan", "collect"] },
    reason: "The BSN fails the eleven-test: it must be checked whom this concerns.",
    reason_nl: "Het BSN voldoet niet aan de elfproef: nagegaan moet worden om wie het gaat.",
  },
  {
    id: "contradictory",
    when: { figures: ["contradictory"], decision: ["forgive", "payment_plan", "collect"] },
    reason: "The claim, all debts together and the number of creditors contradict each other.",
    reason_nl: "De vordering, alle schulden samen en het aantal schuldeisers spreken elkaar tegen.",
  },
  {
    id: "figure_missing",
    when: { law: ["missing"], decision: ["forgive", "payment_plan", "collect"] },
    reason: "A figure of the law is not known for this day: it must be looked up.",
    reason_nl: "Een bedrag of termijn uit de wet is voor deze dag niet bekend: dat moet worden nagegaan.",
  },
  {
    id: "raised_figure_decides",
    when: { margin: ["decides"] },
    sources: [RAISED_FIGURE],
    reason:
      "The protected income of this day is not published; the last one, raised by an assumed index, leaves no room for an arrangement, and without the rise there was.",
    reason_nl:
      "De beslagvrije voet van deze dag is niet gepubliceerd; de laatste, verhoogd met een aangenomen index, laat geen ruimte voor een regeling, en zonder die verhoging wel.",
  },
  {
    id: "other_debts_unknown",
    when: { decision: ["payment_plan", "collect"], debts: ["unknown"], ability: ["at_once", "within"] },
    reason: "Other debts are not known: this creditor may be due a part of the room to repay only.",
    reason_nl:
      "Andere schulden zijn niet bekend: misschien komt deze schuldeiser maar een deel van de afloscapaciteit toe.",
  },
  {
    id: "income_unknown",
    when: { decision: ["payment_plan", "collect"], ability: ["unknown"], others: ["some"] },
    reason: "There are other debts, and the income is not known: no creditor's part can be worked out.",
    reason_nl:
      "Er zijn andere schulden en het inkomen is niet bekend: het deel van deze schuldeiser is niet te berekenen.",
  },
  {
    id: "means_test",
    when: { decision: ["forgive"], forgiven: ["within", "over"] },
    sources: [REMISSION_TEST, remissionNorms.source],
    reason:
      "Income and means must be tested by the municipality's own limits before it lets {claim} go (example: car {car}, bank {bank} for a single person).",
    reason_nl:
      "Inkomen en vermogen moeten aan de grenzen van de gemeente worden getoetst voordat zij {claim} kwijtscheldt (voorbeeld: auto {car}, bank {bank} voor een alleenstaande).",
  },
  {
    id: "forgive_over_limit",
    when: { decision: ["forgive"], forgiven: ["over"] },
    reason: "Forgiving {claim} needs an approver: it is more than {forgive_max}.",
    reason_nl: "Kwijtschelden van {claim} vraagt goedkeuring: het is meer dan {forgive_max}.",
  },
  {
    id: "unverified_instalment",
    when: { decision: ["payment_plan"], ability: ["unknown"], instalment: ["large"] },
    reason: "Without an income no instalment above {instalment_max} is offered.",
    reason_nl: "Zonder bekend inkomen wordt geen termijnbedrag boven {instalment_max} aangeboden.",
  },
  {
    id: "plan_likely_to_fail",
    when: { decision: ["payment_plan"], success: ["low"] },
    reason: "A payment plan is likely to fail (probability of success {success}).",
    reason_nl: "De kans is groot dat een betalingsregeling mislukt (kans van slagen {success}).",
  },
  {
    id: "adverse_unable",
    when: { decision: ["collect"], ability: ["within", "beyond", "unknown"] },
    reason: "Collecting is adverse, and it is not certain that the claim can be paid at once.",
    reason_nl: "Innen is nadelig voor de burger en niet zeker is dat in één keer kan worden betaald.",
  },
  {
    id: "adverse_unsure",
    when: { decision: ["collect"], confidence: ["low", "fair"] },
    reason: "Collecting is adverse, and the confidence ({confidence}) is below {high_confidence}.",
    reason_nl:
      "Innen is nadelig voor de burger en de zekerheid ({confidence}) is lager dan {high_confidence}.",
  },
  {
    id: "adverse_against_advice",
    when: { decision: ["collect"], advice: ["forgive", "refer_assistance"] },
    reason: "The rules would collect where the model advises otherwise ({advice}).",
    reason_nl: "De regels leiden tot innen, terwijl het model anders adviseert ({advice}).",
  },
];

const table: Table<ReviewFacts, "caseworker"> = {
  id: "review",
  version: "2026.2",
  valid_from: FIRST_DAY,
  policy: "collect",
  facts,
  rows: reasons.map(({ sources = [], ...reason }) => ({
    ...reason,
    then: "caseworker",
    sources: [HUMAN_REVIEW, ...sources],
  })),
};

/** The rules on who decides, compiled. */
export const reviewRules = compile(table);
export const reviewTables = [table];
