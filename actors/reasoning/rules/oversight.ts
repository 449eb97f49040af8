/**
 * Human oversight of what the system decides (AVG art. 22): who asked for a person, what needs a mandate, and the sample. Pure.
 * @module
 */
import { decisions } from "../../../schema/event_fields.ts";
import { fnv1a32 } from "../../../schema/partition.ts";
import { FIRST_DAY, HUMAN_REVIEW } from "./policy.ts";
import { compile, type FactsOf, type Row, type Table } from "./rule_engine.ts";

/** Why a person is asked that the rules do not ask. */
export type PersonAsked = "person_asked" | "withdrawal_unconfirmed";

/** One of this many cases is in the sample. */
const SAMPLED_ONE_IN = 20;

/** Whether a case is in the sample: by its id alone, so that every try and every replay says the same. */
export function isSampled(caseId: string): boolean {
  return fnv1a32(`sample/${caseId}`) % SAMPLED_ONE_IN === 0;
}

/** Why a person was asked, for the file. */
export const askedReasons: Readonly<
  Record<PersonAsked, { readonly reason: string; readonly reason_nl: string }>
> = {
  person_asked: {
    reason: "Somebody asked that a person looks at the case (AVG art. 22, third paragraph).",
    reason_nl: "Er is gevraagd of een medewerker naar de zaak kijkt (AVG art. 22, derde lid).",
  },
  withdrawal_unconfirmed: {
    reason:
      "The case was withdrawn by a sender that is not known: it must be confirmed before the case is closed.",
    reason_nl:
      "De zaak is ingetrokken door een onbekende afzender: dat moet worden bevestigd voordat de zaak sluit.",
  },
};

/** What oversight rests on. */
const facts = {
  decision: decisions,
  asked: ["nothing", "person_asked", "withdrawal_unconfirmed"],
  /** Whether a mandate lets the system decide alone what is adverse or final. */
  mandate: ["held", "none"],
  /** Whether a claim is let go: that takes a test of means, by a person, whatever the mandate. */
  claim: ["none", "some"],
  sample: ["in", "out"],
} as const;
type OversightFacts = FactsOf<typeof facts>;

type Reason = Omit<Row<OversightFacts, "caseworker">, "then" | "sources">;

const MANDATE = {
  reason: "What is adverse or closes the case is decided by a person: the system has no mandate for it.",
  reason_nl:
    "Over wat nadelig is of de zaak sluit, beslist een medewerker: het systeem heeft daarvoor geen mandaat.",
};

const reasons: readonly Reason[] = [
  { id: "person_asked", when: { asked: ["person_asked"] }, ...askedReasons.person_asked },
  {
    id: "withdrawal_unconfirmed",
    when: { asked: ["withdrawal_unconfirmed"] },
    ...askedReasons.withdrawal_unconfirmed,
  },
  { id: "adverse_without_mandate", when: { decision: ["collect"], mandate: ["none"] }, ...MANDATE },
  {
    id: "final_without_mandate",
    when: { decision: ["forgive"], claim: ["none"], mandate: ["none"] },
    ...MANDATE,
  },
  {
    id: "sample",
    when: { sample: ["in"] },
    reason: "The case is in the sample of automatic decisions that a person looks at.",
    reason_nl: "De zaak valt in de steekproef van automatische besluiten waar een medewerker naar kijkt.",
  },
];

const table: Table<OversightFacts, "caseworker"> = {
  id: "oversight",
  version: "2026.1",
  valid_from: FIRST_DAY,
  policy: "collect",
  facts,
  rows: reasons.map((reason) => ({ ...reason, then: "caseworker", sources: [HUMAN_REVIEW] })),
};

/** The rules on what a person looks at whatever the other rules say, compiled. */
export const oversightRules = compile(table);
