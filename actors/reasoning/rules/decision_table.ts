/** The decision on a claim: the rules as reviewed data. @module */
import { decisions } from "../../../schema/event_fields.ts";
import { compile, type FactsOf, type Table } from "./rule_engine.ts";
import { BESLAGVRIJE_VOET } from "../law/income_parameters.ts";
import { NVVK_36_MONTHS, WAHV_23, WGS_4 } from "../law/legal_parameters.ts";
import { FIRST_DAY, MODEL_ADVICE, NOTHING_OWED, OFFER_FIRST, PRO_RATA, REMISSION } from "./policy.ts";

export type CaseAction = (typeof decisions)[number];

/** What the decision rests on. */
const facts = {
  /** A threatening situation (Wgs 4 lid 2) is stated, or the case is urgent without saying why. */
  threat: ["stated", "urgent", "none"],
  claim: ["nothing", "ordinary"],
  /** Remission of a municipal levy: income at assistance level, and no other debts that are problematic. */
  remission: ["eligible", "no"],
  /** All debts of the person: whether the room to repay pays them within the longest ordinary arrangement. */
  debts: ["problematic", "manageable", "unknown"],
  /** The claim against its share of the room to repay: in a month, within the longest term, or beyond it. */
  ability: ["at_once", "within", "beyond", "unknown"],
  /** Whether the law lets this claim be paid in instalments. */
  instalments: ["allowed", "not_allowed"],
  advice: decisions,
} as const;
export type DecisionFacts = FactsOf<typeof facts>;

const table: Table<DecisionFacts, CaseAction> = {
  id: "decision",
  version: "2026.2",
  valid_from: FIRST_DAY,
  policy: "first",
  facts,
  rows: [
    {
      id: "threatening",
      when: { threat: ["stated"] },
      then: "refer_assistance",
      sources: [WGS_4],
      reason: "The household is threatened ({threats}); the first meeting must be within three working days.",
      reason_nl:
        "Er is een bedreigende situatie ({threats}); het eerste gesprek moet binnen drie werkdagen plaatsvinden.",
    },
    {
      id: "urgent",
      when: { threat: ["urgent"] },
      then: "refer_assistance",
      sources: [WGS_4],
      reason: "The case came in as urgent; until shown otherwise it is treated as a threatening situation.",
      reason_nl:
        "De zaak is met spoed aangemeld; tot het tegendeel blijkt geldt zij als een bedreigende situatie.",
    },
    {
      id: "remission",
      when: { remission: ["eligible"] },
      then: "forgive",
      sources: [REMISSION],
      reason:
        "The income is at assistance level, which leaves nothing to pay this municipal levy of {claim} from.",
      reason_nl:
        "Het inkomen is op bijstandsniveau; daarvan kan deze gemeentelijke heffing van {claim} niet worden betaald.",
    },
    {
      id: "problematic_debts",
      when: { debts: ["problematic"] },
      then: "refer_assistance",
      sources: [NVVK_36_MONTHS, BESLAGVRIJE_VOET],
      reason:
        "All debts together ({total}) cannot be paid within {limit} months from the room to repay ({capacity} a month); one claim cannot be solved alone.",
      reason_nl:
        "Alle schulden samen ({total}) kunnen niet binnen {limit} maanden worden betaald uit de afloscapaciteit ({capacity} per maand); één schuld apart oplossen helpt niet.",
    },
    {
      id: "nothing_owed",
      when: { claim: ["nothing"] },
      then: "forgive",
      sources: [NOTHING_OWED],
      reason: "The claim is nothing ({claim}), so there is nothing to pay.",
      reason_nl: "De vordering is nihil ({claim}): er hoeft niets te worden betaald.",
    },
    {
      id: "payable_fine",
      when: { ability: ["at_once", "within"], instalments: ["not_allowed"] },
      then: "collect",
      sources: [WAHV_23],
      reason: "The claim of {claim} is below the amount from which the law lets it be paid in instalments.",
      reason_nl:
        "De vordering van {claim} ligt onder het bedrag vanaf waar betaling in termijnen mogelijk is.",
    },
    {
      id: "payable_at_once",
      when: { ability: ["at_once"], advice: ["collect"] },
      then: "collect",
      sources: [PRO_RATA, BESLAGVRIJE_VOET],
      reason: "The claim of {claim} fits in its share of one month's room to repay ({share} of {capacity}).",
      reason_nl:
        "De vordering van {claim} past in haar deel van de afloscapaciteit van één maand ({share} van {capacity}).",
    },
    {
      id: "plan_within_capacity",
      when: { ability: ["at_once", "within"] },
      then: "payment_plan",
      sources: [OFFER_FIRST, PRO_RATA, BESLAGVRIJE_VOET],
      reason:
        "The claim of {claim} can be repaid within {months} months from its share ({share} a month) of the room to repay ({capacity} a month).",
      reason_nl:
        "De vordering van {claim} kan binnen {months} maanden worden betaald uit haar deel ({share} per maand) van de afloscapaciteit ({capacity} per maand).",
    },
    {
      id: "beyond_capacity",
      when: { ability: ["beyond"] },
      then: "refer_assistance",
      sources: [PRO_RATA, BESLAGVRIJE_VOET],
      reason:
        "The claim of {claim} cannot be repaid within {months} months from its share ({share} a month) of the room to repay ({capacity} a month).",
      reason_nl:
        "De vordering van {claim} kan niet binnen {months} maanden worden betaald uit haar deel ({share} per maand) van de afloscapaciteit ({capacity} per maand).",
    },
    {
      id: "advice_assistance",
      when: { advice: ["refer_assistance"] },
      then: "refer_assistance",
      sources: [MODEL_ADVICE],
      reason:
        "The income is not known, and assistance is the most likely way to a solution for a claim of {claim}.",
      reason_nl:
        "Het inkomen is niet bekend; schuldhulpverlening geeft bij een vordering van {claim} de meeste kans op een oplossing.",
    },
    {
      id: "advice_plan",
      when: { advice: ["payment_plan", "forgive"], instalments: ["allowed"] },
      then: "payment_plan",
      sources: [MODEL_ADVICE, OFFER_FIRST],
      reason:
        "The income is not known; an arrangement is offered for {claim}, to be checked against the income first.",
      reason_nl:
        "Het inkomen is niet bekend; voor {claim} wordt een regeling aangeboden, die eerst aan het inkomen wordt getoetst.",
    },
    {
      id: "advice_collect",
      when: {},
      then: "collect",
      sources: [MODEL_ADVICE],
      reason: "The income is not known, and no arrangement is open for this claim of {claim}.",
      reason_nl: "Het inkomen is niet bekend en voor deze vordering van {claim} is geen regeling mogelijk.",
    },
  ],
};

/** The decision rules, compiled. */
export const decisionRules = compile(table);
export const decisionTables = [table];
