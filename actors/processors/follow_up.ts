/**
 * Follow-up: the saga of a case after its decision. It alone owns the case's timer, so that whatever happens, what
 * expires next is set and what no longer can is cancelled.
 * @module
 */
import type { DataOf } from "../../schema/events.ts";
import type { EventDraft } from "../processor.ts";
import { WGS_4, WGS_4A } from "../reasoning/law/legal_parameters.ts";
import { dutchDay } from "../reasoning/law/working_days.ts";
import { DEBT_PLAN, policy } from "../reasoning/rules/policy.ts";
import { askedReview } from "../reasoning/workflow/asked_review.ts";
import { completion } from "../reasoning/workflow/follow_up.ts";
import {
  accepts,
  advance,
  type CaseProgress,
  deadlineOf,
  initialProgress,
  runningOf,
} from "../reasoning/workflow/progress.ts";
import { refusalOf } from "../reasoning/workflow/refusal.ts";
import { reopened } from "../reasoning/workflow/reopening.ts";
import { react, type SagaAction, termCodes, type TermMissed } from "../reasoning/workflow/saga.ts";
import { askedBy, signalFor } from "../reasoning/workflow/signals.ts";
import { transitions, waits } from "../reasoning/workflow/workflow.ts";
import { reviewText } from "../texts/citizen_texts.ts";
import { type RuleInput, stateMachine } from "../workflow/workflow.ts";

export const followUp = stateMachine("follow_up", {
  version: 1,
  takes: [
    "case.review_requested",
    "case.intervention_requested",
    "case.decision",
    "case.payment_plan_created",
    "case.assistance_accepted",
    "case.payment_received",
    "case.term_expired",
    "case.payment_missed",
    "case.withdrawn",
    "case.completed",
    "case.reopened",
  ],
  folds: ["case.intake", "case.analysis"],
  emits: [
    "case.event_refused",
    "case.reopened",
    "case.completed",
    "case.review_requested",
    "case.payment_missed",
  ],
  alarms: termCodes,
  alarmsOf,
  initial: initialProgress,
  evolve: advance,
  at: ({ state }: CaseProgress) => state,
  // Decision emits what follows a decision, and the refusal of one that comes too late.
  accepts: (before, event) => event.event_type === "case.decision" || accepts(before, event),
  begins: "new",
  signalOf: signalFor,
  moves: transitions,
  waits,
  timer: {
    name: "deadline",
    deadlineOf,
    isSame: (was, is) => was.expires_at === is.expires_at && was.term === is.term && was.due === is.due,
    at: ({ expires_at }) => expires_at,
    event: ({ term, due }, case_id) => ({ event_type: "case.term_expired", data: { case_id, term, due } }),
  },
})
  .refuse("case.event_refused", ({ before, event }) => refusalOf(before, event))
  // A payment that was made in time and recorded after the case had closed over it.
  .on(
    ["case.payment_received"],
    "case.reopened",
    ({ event, before: { closing } }) =>
      closing === undefined || closing.isReopening ? undefined : reopened(closing, event),
    {
      in: ["completed:escalated"],
      when: ({ before }) => before.closing !== undefined,
    },
  )
  .on(
    [
      "case.payment_received",
      // The first two where an intake came late, and the claim turns out to be paid.
      "case.assistance_accepted:first_meeting",
      "case.assistance_accepted:plan",
      "case.assistance_accepted:plan_paid",
      "case.payment_missed",
      "case.term_expired",
      "case.withdrawn",
      "case.reopened:in_payment_plan",
      "case.reopened:in_collection",
    ],
    "case.completed",
    completed,
    { when: ({ after }) => after.ending !== undefined },
  )
  // Where a review is open already, or an analysis is still to come, which leads to one, nothing more is asked.
  .on(["case.intervention_requested", "case.withdrawn:to_be_confirmed"], "case.review_requested", askPerson, {
    in: ["analysed", "plan_decided", "in_payment_plan", "referred", "in_assistance", "in_collection"],
  })
  .on(["case.term_expired"], "case.payment_missed", missed, { in: ["in_payment_plan"] })
  .on(["case.term_expired"], "case.review_requested", askTeamLead, {
    in: ["waiting_for_caseworker", "referred", "in_assistance"],
  })
  .build();

function completed(
  { event, after, context: { now } }: RuleInput<CaseProgress>,
): DataOf<"case.completed"> | undefined {
  const { analysis, openedAt = now, ending } = after;
  return ending && completion(event.data.case_id, ending, analysis, openedAt, now);
}

function askPerson(
  { event, before, context: { now } }: RuleInput<CaseProgress>,
): DataOf<"case.review_requested"> | undefined {
  const asked = askedBy(event);
  if (asked === undefined) return undefined;
  const isThreatening = (before.intake?.profile?.threats ?? []).length > 0;
  return askedReview(event.data.case_id, asked, dutchDay(now), isThreatening, before.intake?.debt_amount);
}

type Expired = RuleInput<CaseProgress, "case.term_expired">;

function missed({ event, before }: Expired): DataOf<"case.payment_missed"> | undefined {
  const reaction = reactionTo(event, before);
  if (reaction?.kind !== "missed") return undefined;
  const { instalment, due } = reaction;
  return { case_id: event.data.case_id, instalment, due };
}

/** What a person who is asked decides by. */
const termRules = {
  review_term_expired: { id: "policy/review_term", source: "Policy: a person must decide in time" },
  municipality_late: { id: "policy/municipality_term", source: `${WGS_4.law}; ${WGS_4A.law}` },
  debt_plan_unconfirmed: {
    id: "policy/debt_plan_term",
    source: DEBT_PLAN.law,
    certainty: DEBT_PLAN.certainty,
  },
} as const satisfies Record<TermMissed["code"], Omit<AppliedRule, "version">>;

type AppliedRule = DataOf<"case.review_requested">["rules"][number];

/** Without a term: after the team lead there is no one left to ask. */
function askTeamLead({ event, before }: Expired): DataOf<"case.review_requested"> | undefined {
  const reaction = reactionTo(event, before);
  if (reaction?.kind !== "asks_again") return undefined;
  const { code, reason, reason_nl } = reaction;
  return {
    case_id: event.data.case_id,
    asked_of: "team_lead",
    reasons: [{ code, reason, reason_nl }],
    citizen_text: reviewText([code]),
    rules: [{ ...termRules[code], version: policy.version }],
  };
}

/** A term that somebody let pass counts, once for each that is told to the team lead. */
function alarmsOf(event: { readonly event_type: string }, events: readonly EventDraft[]): string[] {
  if (event.event_type !== "case.term_expired") return [];
  return events.flatMap((draft) =>
    draft.event_type === "case.review_requested" ? draft.data.reasons.map(({ code }) => code) : []
  );
}

function reactionTo(event: Expired["event"], before: CaseProgress): SagaAction | undefined {
  const running = runningOf(before);
  return running && react(running, event);
}
