/** The texts of rules in two languages, with the figures of a case filled in. Only what a text names is worked out. @module */
import type { DataOf } from "../../../schema/events.ts";
import { totalDebt } from "./capacity.ts";
import { type CaseFigures, instalmentsFor } from "./case_figures.ts";
import { wikCosts } from "../law/costs.ts";
import { valueOn } from "../law/parameters.ts";
import { remissionNorms } from "../law/legal_parameters.ts";
import { policy } from "../rules/policy.ts";
import type { Term } from "../law/terms.ts";
import { dangerText, paysText } from "../../texts/citizen_texts.ts";
import { inDutch, inEnglish, type Language } from "./wording.ts";

/** What the texts of a case are filled in from. */
export interface TextFacts {
  readonly intake: DataOf<"case.intake">;
  readonly analysis: DataOf<"case.analysis">;
  readonly figures: CaseFigures;
  readonly terms: readonly Term[];
}

type Placeholder = (facts: TextFacts, language: Language) => string;

const amount = (of: (facts: TextFacts) => number): Placeholder => (facts, language) =>
  language.euros(of(facts));
const share = (of: (facts: TextFacts) => number): Placeholder => (facts, language) =>
  language.share(of(facts));
const due = (name: Term["name"]): Placeholder => ({ terms }, language) => {
  const found = terms.find((term) => term.name === name);
  return found ? language.date(found.due) : "?";
};

/** Every `{name}` a rule's text may use. */
const placeholders: Readonly<Record<string, Placeholder>> = {
  claim: amount(({ intake }) => intake.debt_amount),
  cost: amount(({ figures }) => figures.cost),
  capacity: amount(({ figures }) => figures.capacity?.cents ?? 0),
  share: amount(({ figures }) => figures.share ?? 0),
  total: amount(({ intake }) => totalDebt(intake) ?? 0),
  wik: amount(({ intake, figures }) => wikCosts(intake.debt_amount, figures.day)),
  car: amount(({ figures }) => valueOn(remissionNorms, figures.day).car),
  bank: amount(({ figures }) => valueOn(remissionNorms, figures.day).bankSingle),
  forgive_max: amount(() => policy.forgiveMax),
  instalment_max: amount(() => policy.unverifiedInstalmentMax),
  instalments({ intake, figures }, language) {
    const { each, count } = instalmentsFor(intake, figures);
    return language.instalments(count, language.euros(each));
  },
  pays({ intake, figures }, { euros }) {
    const { each, count } = instalmentsFor(intake, figures);
    return paysText(count, euros(each));
  },
  months: ({ figures }) => String(figures.months),
  limit: ({ figures }) => String(figures.problematicMonths),
  confidence: share(({ analysis }) => analysis.analysis_confidence),
  success: ({ analysis }, { share, basis }) =>
    `${share(analysis.success_probability)}${analysis.basis === "synthetic" ? basis : ""}`,
  high_confidence: share(() => policy.highConfidence),
  danger: ({ intake }) => dangerText(intake.profile?.threats ?? []),
  threats: ({ intake }, { word }) => (intake.profile?.threats ?? []).map(word).join(", "),
  advice: ({ analysis }, { word, basis }) =>
    `${word(analysis.recommended_action)}${analysis.basis === "synthetic" ? basis : ""}`,
  first_meeting: due("first_meeting"),
  payment: due("payment"),
};

interface RuleTexts {
  readonly reason: string;
  readonly reason_nl: string;
}

/** Fills in both texts of a rule for a case. */
export function fillTexts(rule: RuleTexts, facts: TextFacts): RuleTexts {
  return {
    reason: fill(rule.reason, facts, inEnglish),
    reason_nl: fill(rule.reason_nl, facts, inDutch),
  };
}

/** Fills in a text for the citizen. */
export function fillCitizenText(text: string, facts: TextFacts): string {
  return fill(text, facts, inDutch);
}

const piecesByText = new Map<string, readonly string[]>();

/** A text in pieces: prose at even places, names at odd ones. Cached: there are as many texts as rules. */
function piecesOf(text: string): readonly string[] {
  const known = piecesByText.get(text);
  if (known) return known;
  const pieces = text.split(/\{(\w+)\}/);
  const unknown = pieces.find((piece, i) => i % 2 === 1 && !placeholders[piece]);
  if (unknown) throw new RangeError(`Cannot fill in {${unknown}} in: ${text}`);
  piecesByText.set(text, pieces);
  return pieces;
}

function fill(text: string, facts: TextFacts, language: Language): string {
  const pieces = piecesOf(text);
  let result = pieces[0]!;
  for (let i = 1; i < pieces.length; i += 2) {
    result += placeholders[pieces[i]!]!(facts, language) + pieces[i + 1]!;
  }
  return result;
}
