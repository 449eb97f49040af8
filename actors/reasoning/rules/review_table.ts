/** Who decides: the reasons for which a person does, as reviewed data. No row matches: the system may decide. @module */
import { decisions } from "../../../schema/event_fields.ts";
import { compile, type FactsOf, type Row, type Table } from "./rule_engine.ts";
import { FIRST_DAY, HUMAN_REVIEW } from "./policy.ts";

/** What it rests on whether a person decides. */
const facts = {
  decision: decisions,
  confidence: ["low", "fair", "high"],
  success: ["low", "fair"],
  /** The BSN against the eleven-test. */
  identity: ["plausible", "failed"],
  /** Whether the figures of the intake fit together. */
  figures: ["consistent", "contradictory"],
  /** Amount to be forgiven against what the system may forgive. */
  forgiven: ["within", "over"],
  ability: ["at_once", "within", "beyond", "unknown"],
  /** Instalment when the income is not known, against what may be offered unseen. */
  instalment: ["small", "large"],
  advice: decisions,
} as const;
export type ReviewFacts = FactsOf<typeof facts>;

const reasons: readonly Omit<Row<ReviewFacts, "caseworker">, "then" | "sources">[] = [
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
    reason: "The claim is larger than all debts together: the figures contradict each other.",
    reason_nl: "De vordering is hoger dan alle schulden samen: de cijfers spreken elkaar tegen.",
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
  version: "2026.1",
  valid_from: FIRST_DAY,
  policy: "collect",
  facts,
  rows: reasons.map((reason) => ({ ...reason, then: "caseworker", sources: [HUMAN_REVIEW] })),
};

/** The rules on who decides, compiled. */
export const reviewRules = compile(table);
export const reviewTables = [table];
