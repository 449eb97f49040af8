/** The review of a case on which somebody asked for a person. @module */
import type { DataOf } from "../../../schema/events.ts";
import { datesOf, reviewTerm } from "../law/terms.ts";
import { HUMAN_REVIEW, policy } from "../rules/policy.ts";
import { dutchDate } from "../decision/wording.ts";
import { reviewText } from "../../texts/citizen_texts.ts";
import { askedReasons, type PersonAsked } from "../rules/oversight.ts";

/** A review with the term of any other, from this day on. */
export function askedReview(
  case_id: string,
  asked: PersonAsked,
  day: string,
  isThreatening: boolean,
  debt_amount: DataOf<"case.review_requested">["debt_amount"],
): DataOf<"case.review_requested"> {
  const term = datesOf(reviewTerm(day, isThreatening));
  return {
    case_id,
    asked_of: "caseworker",
    reasons: [{ code: asked, ...askedReasons[asked] }],
    citizen_text: reviewText([asked], dutchDate(term.due)),
    rules: [{ id: `policy/${asked}`, version: policy.version, source: HUMAN_REVIEW.law }],
    term,
    ...(debt_amount === undefined ? {} : { debt_amount }),
  };
}
