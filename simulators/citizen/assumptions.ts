/**
 * The figures of the simulated citizen and caseworker that have no source. The shares by which cases end are not among
 * them: the data file has those (`outcomes.proposed_completed_by_decision`, assumed too but for the 71% of arrangements
 * that are kept).
 * @module
 */

/** Figures without a source. */
export const citizenAssumptions = {
  paid_late: { value: 0.15, why: "share of instalments paid after their due date, within the days of grace" },
  missed_once: {
    value: 0.1,
    why: "share of the plans that are kept in which one instalment is paid a month late",
  },
  paid_early_days: { value: 5, why: "most days before its due date that an instalment in time is paid" },
  meets_before_leaving: {
    value: 0.5,
    why: "share of those who leave assistance that came to the first meeting",
  },
  pays_a_part: { value: 0.3, why: "share of those who do not pay a collected claim that pay some of it" },
  pays_in_two: { value: 0.2, why: "share of those who pay a collected claim that pay it in two parts" },
  municipality_late: {
    value: 0.2,
    why: "share of those for whom assistance ends without a plan whose municipality lets its term pass first",
  },
  municipality_late_days: { value: 28, why: "most days after its term that such a municipality is late" },
  review_late: { value: 0.03, why: "share of the reviews that no caseworker takes up within the term" },
  team_lead_days: { value: 7, why: "days within which the team lead decides" },
  review_days: { value: 14, why: "days within which a review without a term is taken up" },
  follows_proposal: {
    value: 0.8,
    why: "share of the proposals a caseworker follows; otherwise assistance is chosen",
  },
} as const;

/** Choices without a figure, one sentence each. */
export const citizenChoices = {
  first_meeting:
    "The first meeting comes after an exponential time with the mean the NVVK reports (11 days); where that is beyond its " +
    "term, at any moment within the term.",
  municipality_alarm:
    "A team lead who is told that the municipality is late decides nothing: the municipality ends its assistance later.",
  debt_plan: "A debt plan of assistance that is kept is paid when a scheme with discharge ends (18 months).",
  forgiven:
    "A claim that is forgiven is closed at once, so that the few withdrawn or escalated ones do not occur.",
  before_decision: "No citizen withdraws before a decision: no figure was found.",
  no_amount: "A decision to collect that does not name the amount of the claim is not paid.",
} as const;
