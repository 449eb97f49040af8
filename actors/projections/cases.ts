/** Cases: where each one stands, what it waits for and until when. The list of cases and the review list read it. @module */
import type { CaseEvent, DataOf } from "../../schema/events.ts";
import { reviewers, termNames } from "../../schema/event_types/follow_up.ts";
import type { DecodedEvent } from "../../schema/delivery_line.ts";
import { momentOf } from "../../schema/time/moment.ts";
import type { Projection, RowOf } from "../projection.ts";
import {
  accepts,
  advance,
  type CaseProgress,
  initialProgress,
  runningOf,
} from "../reasoning/workflow/progress.ts";
import { type Deadline, nextDeadline } from "../reasoning/workflow/saga.ts";
import { type CaseState, states } from "../reasoning/workflow/workflow.ts";

/**
 * What may be kept of a case: what pages list and filter by. No BSN, no name, no income, no free text; of a review the codes
 * of its reasons. `case_id` may itself be a BSN: it is shown masked.
 */
const columns = {
  case_id: "text",
  version: "integer",
  /** The type of the latest event, and its position: by it the list is in the order of the latest change. */
  latest: "text",
  position: "integer",
  state: "text",
  /** A caseworker, a team lead, a term by its name, `processing`, or nothing any more. */
  waits_for: "text",
  due: "date",
  organization: "text",
  debt_type: "text",
  priority: "text",
  amount: "money",
  decision: "text",
  outcome: "text",
  /** By the store's clock: when its first and its latest event were stored. */
  opened_at: "time",
  updated_at: "time",
  /** By the moments of its events: the first, and what came of it. */
  began_at: "time",
  analysed_at: "time",
  decided_at: "time",
  closed_at: "time",
  seconds_to_decision: "integer",
  seconds_to_close: "integer",
  /** While a person is asked: since when, why and what is proposed. */
  review_since: "time",
  review_reasons: "text",
  review_proposed: "text",
  progress: "state",
} as const;

type CaseRow = RowOf<typeof columns>;

/** The case before its first event. */
const NEW: CaseRow = {
  ...Object.fromEntries(Object.keys(columns).map((name) => [name, null])) as CaseRow,
  progress: initialProgress,
};

export const cases: Projection<typeof columns> = {
  name: "cases",
  version: 2,
  columns,
  key: ["case_id"],
  indexes: [
    { columns: ["position"] },
    { columns: ["latest", "position"] },
    { columns: ["state", "position"] },
    { columns: ["waits_for", "position"] },
    { columns: ["organization", "position"] },
    { columns: ["review_since"], present: "review_since" },
    { columns: ["decided_at"], present: "decided_at" },
  ],
  keyOf: ({ event }) => [event.correlation_id],
  project(stored, row = NEW) {
    const { event, version, position, recordedAt } = stored;
    const at = new Date(recordedAt).toISOString();
    const before = progressOf(row);
    const after = before === undefined ? undefined : slim(advance(before, event));
    return {
      ...row,
      ...factsOf(row, event),
      ...(before && after ? standing(row, stored, before, after) : {}),
      case_id: event.correlation_id,
      version,
      latest: event.event_type,
      position,
      opened_at: row.opened_at ?? at,
      began_at: row.began_at ?? momentOf(event),
      updated_at: at,
    };
  },
};

/** How far the case was; undefined once nothing moves it any more. */
function progressOf({ progress }: CaseRow): CaseProgress | undefined {
  return progress === null ? undefined : { ...initialProgress, ...progress };
}

/** What later events depend on, and no more: `running` is worked out, so that the event it began with need not be kept. */
function slim(at: CaseProgress): CaseProgress {
  return {
    ...at,
    intake: at.intake && slimIntake(at.intake),
    analysis: undefined,
    basis: undefined,
    running: runningOf(at),
    alarm: at.alarm && slimAlarm(at.alarm),
  };
}

/** Of an alarm that there is one: the row itself says the rest. */
function slimAlarm(alarm: NonNullable<CaseProgress["alarm"]>): CaseProgress["alarm"] {
  return { ...alarm, data: { case_id: "", asked_of: alarm.data.asked_of, reasons: [], rules: [] } };
}

type Intake = DataOf<"case.intake">;

/** Of an intake the claim, and whether it is threatening: that decides the terms of a later decision. */
function slimIntake({ debt_amount, debt_type, priority, profile }: Intake): Intake {
  const isThreatening = (profile?.threats?.length ?? 0) > 0;
  const claim = { debt_amount, debt_type, priority: isThreatening ? "urgent" as const : priority };
  return { case_id: "", citizen_bsn: "", organization: "", intake_channel: "online", ...claim };
}

/** What the first intake says of the claim. */
function factsOf(row: CaseRow, event: CaseEvent): Partial<CaseRow> {
  if (event.event_type !== "case.intake" || row.organization !== null) return {};
  const { organization, debt_type, priority, debt_amount } = event.data;
  return { organization, debt_type, priority, amount: debt_amount };
}

/** Where the case stands after an event, and when it came there. */
function standing(
  row: CaseRow,
  stored: DecodedEvent,
  before: CaseProgress,
  after: CaseProgress,
): Partial<CaseRow> {
  const { event } = stored;
  const deadline = after.ending === undefined && after.running ? nextDeadline(after.running) : undefined;
  const isClosed = after.state.startsWith("completed:");
  return {
    state: isClosed ? "completed" : after.state,
    due: deadline?.due ?? null,
    ...(accepts(before, event) ? momentsOf(row, event) : {}),
    ...reviewOf(row, event, before, after, deadline),
    progress: isClosed && after.closing === undefined ? null : after,
  };
}

/** Moments of a case: the first analysis, the latest decision, and its end. */
function momentsOf(row: CaseRow, event: CaseEvent): Partial<CaseRow> {
  const moment = momentOf(event);
  const since = row.began_at ?? moment;
  const seconds = Math.max(0, Math.round((Date.parse(moment) - Date.parse(since)) / 1000));
  switch (event.event_type) {
    case "case.analysis":
      return { analysed_at: row.analysed_at ?? moment };
    case "case.decision":
      return { decided_at: moment, decision: event.data.decision, seconds_to_decision: seconds };
    case "case.completed":
      return { closed_at: moment, outcome: event.data.outcome, seconds_to_close: seconds };
    case "case.reopened":
      return { closed_at: null, outcome: null, seconds_to_close: null };
    default:
      return {};
  }
}

const NO_REVIEW = { review_since: null, review_reasons: null, review_proposed: null };

/** Whom or what the case waits for, and the review while a person is asked. */
function reviewOf(
  row: CaseRow,
  event: CaseEvent,
  before: CaseProgress,
  after: CaseProgress,
  deadline: Deadline | undefined,
): Partial<CaseRow> {
  const isAsked = after.state === "waiting_for_caseworker" || after.alarm !== undefined;
  const waitsForPerson = isAsked && after.ending === undefined;
  if (!waitsForPerson) return { waits_for: waitsForOf(after, deadline), ...NO_REVIEW };
  if (event.event_type !== "case.review_requested" || !accepts(before, event)) {
    return { waits_for: row.waits_for };
  }
  const { asked_of, reasons, proposed = null } = event.data;
  const codes = reasons.map(({ code }) => code).join(" ");
  return {
    waits_for: asked_of,
    review_since: momentOf(event),
    review_reasons: codes,
    review_proposed: proposed,
  };
}

/** States that a case leaves by itself. */
const MOVING: readonly CaseState[] = [
  "new",
  "received",
  "analysed",
  "plan_decided",
  "forgiven",
  "withdrawing",
];

/** Whom or what an open case can wait for: a person, a term, its next step, or whatever ends the state in which it runs. */
export const waitNames: readonly string[] = [
  ...reviewers,
  ...termNames,
  "processing",
  ...states.filter((state) =>
    !state.startsWith("completed:") && !MOVING.includes(state) && state !== "waiting_for_caseworker"
  ),
];

function waitsForOf({ state, ending }: CaseProgress, deadline: Deadline | undefined): string | null {
  if (state.startsWith("completed:")) return null;
  if (deadline !== undefined) return deadline.term;
  return ending !== undefined || MOVING.includes(state) ? "processing" : state;
}
