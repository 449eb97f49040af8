/**
 * What a citizen is told, by the code of what was decided: Dutch of level B1, with "u", one action, and what to do when
 * one disagrees. The precise texts, for the file, are those of the rules themselves. A test holds every sentence to
 * twenty words, a text to a mean of twelve, and all of them to a list of plain words.
 * @module
 */
import type { threats } from "../../schema/events.ts";

type Threat = (typeof threats)[number];

/** The text of one code. `{name}` is filled in from the figures of the case. */
interface CitizenText {
  /** What was decided and why. */
  readonly why: string;
  /** The one thing to do. */
  readonly action: string;
}

const MEETING = "Kom naar ons gesprek, uiterlijk op {first_meeting}. U krijgt een uitnodiging.";
const NOTHING = "U hoeft niets te doen.";
const ON_TIME = "In het plan staat wanneer u betaalt. Betaal steeds op tijd.";
const PAY = "Betaal uiterlijk op {payment}.";

/** By the id of the rule that decided. */
export const decisionTexts: Readonly<Record<string, CitizenText>> = {
  threatening: { why: "{danger} Daarom krijgt u snel hulp.", action: MEETING },
  urgent: { why: "Uw zaak heeft haast. Daarom krijgt u snel hulp.", action: MEETING },
  remission: {
    why: "U hoeft de schuld van {claim} niet te betalen. Uw inkomen is daarvoor te laag.",
    action: NOTHING,
  },
  nothing_owed: { why: "U hoeft niets te betalen. Er is geen schuld meer.", action: NOTHING },
  problematic_debts: {
    why: "U hebt in totaal {total} aan schulden. Dat is te veel voor uw inkomen. " +
      "Daarom krijgt u hulp bij al uw schulden.",
    action: MEETING,
  },
  payable_fine: {
    why: "U moet uw boete van {claim} betalen. Deze boete kunt u niet in delen betalen.",
    action: PAY,
  },
  payable_at_once: {
    why: "U moet {claim} betalen. Met uw inkomen kunt u dat in 1 keer betalen.",
    action: PAY,
  },
  plan_within_capacity: { why: "Voor uw schuld van {claim} krijgt u een plan. {pays}", action: ON_TIME },
  beyond_capacity: {
    why: "Uw schuld van {claim} is te hoog voor uw inkomen. Daarom krijgt u hulp bij uw schulden.",
    action: MEETING,
  },
  advice_assistance: {
    why: "Wij weten niet wat uw inkomen is. Daarom krijgt u hulp bij uw schulden.",
    action: MEETING,
  },
  advice_plan: {
    why: "Voor uw schuld van {claim} krijgt u een plan. {pays} Wij kijken eerst of u dat kunt betalen.",
    action: "Vertel ons daarom wat uw inkomen is.",
  },
  advice_collect: {
    why: "U moet de schuld van {claim} betalen. Deze schuld kunt u niet in delen betalen.",
    action: PAY,
  },
};

/** What threatens, a sentence each. */
const dangerTexts: Readonly<Record<Threat, string>> = {
  eviction: "U dreigt uw woning te verliezen.",
  energy_cutoff: "U dreigt zonder gas of stroom te komen.",
  water_cutoff: "U dreigt zonder water te komen.",
  health_insurance_cancellation: "Uw zorgverzekering dreigt te stoppen.",
};

/** What threatens a person, in sentences. */
export function dangerText(threats: readonly Threat[]): string {
  return threats.map((threat) => dangerTexts[threat]).join(" ");
}

/** How a plan is paid: in how many parts, and how much at most. */
export function paysText(count: number, each: string): string {
  if (count === 1) return "U betaalt het hele bedrag in 1 keer.";
  return `U betaalt in ${count} delen. Per maand betaalt u hoogstens ${each}.`;
}

/** By what was decided: for a decision of a caseworker, and for a rule without a text of its own. */
export const outcomeTexts = {
  forgive: { why: "U hoeft deze schuld niet te betalen.", action: NOTHING },
  payment_plan: { why: "U krijgt een plan om deze schuld te betalen.", action: ON_TIME },
  collect: { why: "U moet deze schuld betalen.", action: "Betaal voor de datum die in onze brief staat." },
  refer_assistance: {
    why: "U krijgt hulp bij uw schulden. Wij nodigen u uit voor een gesprek.",
    action: "Kom naar dat gesprek.",
  },
} as const satisfies Record<string, CitizenText>;

/** Why a person must look, by the code of the reason. */
export const reviewTexts: Readonly<Record<string, string>> = {
  low_confidence: "Wij weten nog te weinig over uw situatie.",
  identity: "Wij weten niet zeker of uw BSN klopt.",
  figure_missing: "Wij weten nog niet welke regel van de wet nu geldt.",
  raised_figure_decides: "Wij weten nog niet zeker hoeveel u zelf mag houden.",
  other_debts_unknown: "Wij weten niet welke schulden u nog meer hebt.",
  income_unknown: "Wij weten niet wat uw inkomen is.",
  means_test: "Misschien hoeft u deze schuld niet te betalen. Daarvoor kijken wij naar uw inkomen.",
  contradictory: "De bedragen die wij kennen, passen niet bij elkaar.",
  forgive_over_limit: "Over dit bedrag mag de computer niet alleen beslissen.",
  unverified_instalment: "Wij weten niet wat u per maand kunt betalen.",
  plan_likely_to_fail: "Wij weten niet zeker of u in delen kunt betalen.",
  adverse_unable: "Wij weten niet zeker of u alles in 1 keer kunt betalen.",
  adverse_unsure: "Wij weten nog niet genoeg om u te laten betalen.",
  adverse_against_advice: "De computer is niet zeker over uw zaak.",
  no_plan_fits: "Wij vonden geen plan dat past bij uw inkomen.",
  unknown_claim: "Wij weten niet hoe hoog uw schuld is.",
  person_asked: "Over uw zaak mag de computer nu niet alleen beslissen.",
  withdrawal_unconfirmed: "Wij weten niet zeker of u met uw zaak moet stoppen.",
  adverse_without_mandate: "Over uw zaak mag de computer niet alleen beslissen.",
  final_without_mandate: "Over uw zaak mag de computer niet alleen beslissen.",
  sample: "Een medewerker kijkt mee met de computer.",
  municipality_late: "Wij zijn te laat met uw hulp. Dat spijt ons.",
  debt_plan_unconfirmed: "Wij weten niet zeker of uw plan is betaald.",
  review_term_expired: "Wij zijn te laat met ons besluit. Dat spijt ons.",
};

/**
 * Six weeks is the term for an objection to a public authority (Awb 6:7). A creditor that is none has no such term; that it
 * takes the same is an assumption.
 */
const DISAGREE =
  "Niet mee eens? Vertel ons dat binnen 6 weken na deze brief. Een medewerker kijkt dan opnieuw.";

const letter = ({ why, action }: CitizenText) => `${why} ${action} ${DISAGREE}`;
const letters = new Map(
  Object.entries({ ...outcomeTexts, ...decisionTexts }).map(([code, text]) => [code, letter(text)]),
);

/** The text on a decision of the system, by the rule that decided; of its outcome where that rule has none. */
export function decisionText(rule: string, outcome: keyof typeof outcomeTexts): string {
  return letters.get(rule) ?? letters.get(outcome)!;
}

/** The text on a decision of a caseworker. */
export function caseworkerText(outcome: keyof typeof outcomeTexts): string {
  return `Een medewerker heeft over uw schuld besloten. ${letter(outcomeTexts[outcome])}`;
}

/** The text on a review: why, and until when (a day in Dutch) where there is a term. */
export function reviewText(codes: readonly string[], until?: string): string {
  const known = codes.map((code) => reviewTexts[code]).filter((text) => text !== undefined);
  return [
    "Een medewerker kijkt naar uw zaak.",
    ...known,
    until === undefined
      ? "U hoort zo snel mogelijk ons besluit."
      : `U hoort ons besluit uiterlijk op ${until}.`,
    `${NOTHING} Klopt er iets niet? Bel ons dan.`,
  ].join(" ");
}

/** The text on a payment that was made in time, and became known when the case had closed. */
export const PAID_IN_TIME =
  `U hebt op tijd betaald. Wij zagen uw betaling te laat. Uw zaak gaat verder. ${NOTHING} Klopt er iets niet? Bel ons dan.`;

/** The text on a payment that a case can't take any more. Of other events that a case refuses a citizen notices nothing. */
export const REFUSED_PAYMENT =
  "Wij kregen uw betaling, maar die hoort niet meer bij deze zaak. Een medewerker zoekt uit waar het geld heen moet. " +
  `${NOTHING} Klopt er iets niet? Bel ons dan.`;
