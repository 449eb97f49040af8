/** Follow-up as it was written by hand, before it was a workflow: what the compiled one is compared with. @module */
import type { DataOf, EventOf } from "../../../schema/events.ts";
import type {
  EventDraft,
  HandlerContext,
  HandlerResult,
  Processor,
  TimerChange,
} from "../../../actors/processor.ts";
import { completion } from "../../../actors/reasoning/workflow/follow_up.ts";
import {
  accepts,
  advance,
  type CaseProgress,
  deadlineOf,
  initialProgress,
  runningOf,
} from "../../../actors/reasoning/workflow/progress.ts";
import { askedReview } from "../../../actors/reasoning/workflow/asked_review.ts";
import { dutchDay } from "../../../actors/reasoning/law/working_days.ts";
import { WGS_4, WGS_4A } from "../../../actors/reasoning/law/legal_parameters.ts";
import { refusalOf } from "../../../actors/reasoning/workflow/refusal.ts";
import { askedBy } from "../../../actors/reasoning/workflow/signals.ts";
import type { PersonAsked } from "../../../actors/reasoning/rules/oversight.ts";
import { DEBT_PLAN, policy } from "../../../actors/reasoning/rules/policy.ts";
import { type Closing, reopened } from "../../../actors/reasoning/workflow/reopening.ts";
import { type Deadline, react, termCodes, type TermMissed } from "../../../actors/reasoning/workflow/saga.ts";
import { reviewText } from "../../../actors/texts/citizen_texts.ts";

const takes = [
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
] as const;
const folds = ["case.intake", "case.analysis"] as const;

type Taken = EventOf<(typeof takes)[number]>;

/** One timer a case: the next deadline. */
const TIMER = "deadline";

/**
 * Emits `case.completed` for what ends the case (paid, withdrawn, a plan of debt assistance that was paid, a term to pay that expired,
 * a second missed instalment), `case.payment_missed` for an instalment whose term expired, `case.reopened` for a payment that
 * was made in time and recorded after the case had closed over it, `case.review_requested` where somebody asks for a person or
 * anyone withdraws, and to the team lead when a term of a caseworker or of the municipality expired, and `case.event_refused` for what the case cannot
 * take any more.
 */
export const handWrittenFollowUp: Processor<CaseProgress, Taken["event_type"], (typeof folds)[number]> = {
  name: "follow_up",
  version: 1,
  takes,
  folds,
  alarms: termCodes,
  initial: () => initialProgress,
  evolve: advance,
  handle(event: Taken, before: CaseProgress, { now }: HandlerContext): HandlerResult {
    const after = advance(before, event);
    const events = outputs(event, before, after, now);
    const alarms = alarmsOf(event, events);
    return { events, timers: timerChanges(event, before, after), ...(alarms.length === 0 ? {} : { alarms }) };
  },
};

function outputs(event: Taken, before: CaseProgress, after: CaseProgress, now: string): EventDraft[] {
  // Decision emits what follows a decision, and the refusal of one that comes too late.
  if (event.event_type === "case.decision") return [];
  if (!accepts(before, event)) {
    return [{ event_type: "case.event_refused", data: refusalOf(before, event) }];
  }
  if (event.event_type === "case.completed") return [];
  if (event.event_type === "case.payment_received" && before.closing !== undefined) {
    return before.closing.isReopening ? [] : [reopening(event, before.closing)];
  }
  if (after.ending !== undefined) return [completed(event, after, after.ending, now)];
  const asked = askedBy(event);
  if (asked !== undefined) return askPerson(event, before, asked, now);
  return event.event_type === "case.term_expired" ? expired(event, before) : [];
}

function reopening(event: EventOf<"case.payment_received">, closing: Closing): EventDraft {
  return { event_type: "case.reopened", data: reopened(closing, event) };
}

function completed(
  { data }: Taken,
  { analysis, openedAt }: CaseProgress,
  ending: NonNullable<CaseProgress["ending"]>,
  now: string,
): EventDraft {
  const closed = completion(data.case_id, ending, analysis, openedAt ?? now, now);
  return { event_type: "case.completed", data: closed };
}

function expired(event: EventOf<"case.term_expired">, before: CaseProgress): EventDraft[] {
  const { case_id } = event.data;
  const running = runningOf(before);
  const reaction = running && react(running, event);
  switch (reaction?.kind) {
    case "missed": {
      const { instalment, due } = reaction;
      return [{ event_type: "case.payment_missed", data: { case_id, instalment, due } }];
    }
    case "asks_again":
      return [askTeamLead(case_id, reaction)];
    default:
      return [];
  }
}

/** Where a review is open already, or an analysis is still to come, which leads to one, nothing more is asked. */
function askPerson(
  { data }: Taken,
  before: CaseProgress,
  asked: PersonAsked,
  now: string,
): EventDraft[] {
  if (!ASKS_ANEW.has(before.state)) return [];
  const isThreatening = (before.intake?.profile?.threats ?? []).length > 0;
  return [{
    event_type: "case.review_requested",
    data: askedReview(data.case_id, asked, dutchDay(now), isThreatening, before.intake?.debt_amount),
  }];
}

const ASKS_ANEW: ReadonlySet<string> = new Set([
  "analysed",
  "plan_decided",
  "in_payment_plan",
  "referred",
  "in_assistance",
  "in_collection",
]);

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
function askTeamLead(
  case_id: string,
  { code, reason, reason_nl }: TermMissed,
): EventDraft {
  return {
    event_type: "case.review_requested",
    data: {
      case_id,
      asked_of: "team_lead",
      reasons: [{ code, reason, reason_nl }],
      citizen_text: reviewText([code]),
      rules: [{ ...termRules[code], version: policy.version }],
    },
  };
}

/** A term that somebody let pass counts, once for each that is told to the team lead. */
function alarmsOf({ event_type }: Taken, events: readonly EventDraft[]): string[] {
  if (event_type !== "case.term_expired") return [];
  return events.flatMap((draft) =>
    draft.event_type === "case.review_requested" ? draft.data.reasons.map(({ code }) => code) : []
  );
}

/** The timer follows from what can expire next, before and after. */
function timerChanges({ data }: Taken, before: CaseProgress, after: CaseProgress): TimerChange[] {
  const [was, is] = [deadlineOf(before), deadlineOf(after)];
  if (is === undefined) return was === undefined ? [] : [{ kind: "cancel", name: TIMER }];
  if (was !== undefined && was.expires_at === is.expires_at && was.term === is.term && was.due === is.due) {
    return [];
  }
  return [{ kind: "set", name: TIMER, at: is.expires_at, event: termExpired(data.case_id, is) }];
}

function termExpired(case_id: string, { term, due }: Deadline): EventDraft {
  return { event_type: "case.term_expired", data: { case_id, term, due } };
}
