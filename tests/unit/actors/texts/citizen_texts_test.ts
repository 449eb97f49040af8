import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { assess } from "../../../../actors/reasoning/decision/assessment.ts";
import { decide } from "../../../../actors/reasoning/decision/decide.ts";
import { dutchDate } from "../../../../actors/reasoning/decision/wording.ts";
import { decisionTables } from "../../../../actors/reasoning/rules/decision_table.ts";
import { reviewTables } from "../../../../actors/reasoning/rules/review_table.ts";
import {
  caseworkerText,
  dangerText,
  decisionText,
  decisionTexts,
  outcomeTexts,
  PAID_IN_TIME,
  paysText,
  REFUSED_PAYMENT,
  reviewText,
  reviewTexts,
} from "../../../../actors/texts/citizen_texts.ts";
import { threats } from "../../../../schema/events.ts";
import { anyIntake, anyTime } from "../reasoning/intakes.ts";
import { plainWords } from "./plain_words.ts";

type Outcome = keyof typeof outcomeTexts;
const outcomes = Object.keys(outcomeTexts) as Outcome[];

const idsOf = (tables: readonly { rows: readonly { id: string }[] }[]) =>
  tables.flatMap(({ rows }) => rows.map(({ id }) => id));

/** The reasons for a review that no rule of a table gives. */
const OTHER_REVIEWS = ["no_plan_fits", "review_term_expired", "unknown_claim"];

Deno.test("every rule that decides and every reason for a review has a text for the citizen", () => {
  assertEquals(idsOf(decisionTables).filter((id) => decisionTexts[id] === undefined), []);
  const reviews = [...idsOf(reviewTables), ...OTHER_REVIEWS];
  assertEquals(reviews.filter((code) => reviewTexts[code] === undefined), []);
});

/** Texts with the longest that their places can be filled with. */
function filledText(text: string, { count, danger }: { count: number; danger: string }): string {
  const amount = "€ 1.000.000.000,00";
  const filling: Record<string, string> = {
    claim: amount,
    total: amount,
    danger,
    pays: paysText(count, amount),
    first_meeting: dutchDate("2026-09-30"),
    payment: dutchDate("2026-01-05"),
  };
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => filling[name]!);
}

const dangers = [dangerText(["eviction"]), dangerText([...threats])];
const fillings = [1, 2, 36].flatMap((count) => dangers.map((danger) => ({ count, danger })));

/** Everything the program can tell a citizen; the texts of reviews by their parts. */
const texts = [
  ...Object.keys(decisionTexts).flatMap((rule) =>
    fillings.map((filling) => filledText(decisionText(rule, "collect"), filling))
  ),
  ...outcomes.flatMap((outcome) => [caseworkerText(outcome), decisionText("a rule without a text", outcome)]),
  ...Object.keys(reviewTexts).flatMap((code) => [
    reviewText([code]),
    reviewText([code], dutchDate("2026-09-30")),
  ]),
  reviewText(Object.keys(reviewTexts)),
  reviewText([]),
  REFUSED_PAYMENT,
  PAID_IN_TIME,
];

/** The words of each sentence. An amount is one word, and its point ends no sentence. */
function sentencesOf(text: string): string[][] {
  return text.replaceAll("€ ", "€").split(/(?<=[.?!])\s+/).map((sentence) => sentence.split(/\s+/));
}

function assertPlain(text: string): void {
  const sentences = sentencesOf(text);
  const words = sentences.flat();
  const longest = sentences.toSorted((a, b) => b.length - a.length)[0]!;
  assert(longest.length <= 20, `${longest.length} words: ${longest.join(" ")}`);
  assert(
    words.length / sentences.length <= 12,
    `${words.length / sentences.length} words a sentence: ${text}`,
  );
  const unknown = words.map((word) => word.replace(/[.,?!]$/, "").toLowerCase())
    .filter((word) => !/^(€[\d.]+,\d\d|\d{1,4})$/.test(word) && !plainWords.has(word));
  assertEquals(unknown, [], text);
  assert(/\b[Uu]w?\b/.test(text) && !/\b[Jj](e|ij|ouw)\b/.test(text), `does not say "u": ${text}`);
  assert(!/[{}]|undefined|NaN|op \?/.test(text), text);
}

Deno.test("what a citizen is told is short and plain, whatever it is filled with", () => {
  texts.forEach(assertPlain);
});

Deno.test("what a citizen is told in any case is short and plain", () => {
  fc.assert(fc.property(anyIntake, anyTime, (intake, at) => {
    assertPlain(String(decide(intake, assess(intake, {}, at), at).data.citizen_text));
  }));
});

Deno.test("what a citizen is told says what to do, and what to do when one disagrees", () => {
  for (const text of texts) {
    assert(/U hoeft niets te doen|Kom naar|Betaal |Vertel ons daarom/.test(text), text);
    assert(/Niet mee eens\?|Klopt er iets niet\?/.test(text), text);
  }
});

Deno.test("one payment is told in the singular, several in the plural, a day in Dutch", () => {
  assertEquals(paysText(1, "€ 50,00"), "U betaalt het hele bedrag in 1 keer.");
  assertEquals(paysText(12, "€ 50,00"), "U betaalt in 12 delen. Per maand betaalt u hoogstens € 50,00.");
  assertEquals(dutchDate("2026-02-05"), "5 februari 2026");
});
