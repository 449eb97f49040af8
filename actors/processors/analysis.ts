/** Analysis: decides on an assessed case by the rules, or leaves it to a caseworker. @module */
import type { EventOf } from "../../schema/events.ts";
import { type HandlerContext, type HandlerResult, type Processor, Reject } from "../processor.ts";
import { decide } from "../reasoning/decision/decide.ts";
import { accepts, advance, type CaseProgress, initialProgress } from "../reasoning/workflow/progress.ts";
import { refusalOf } from "../reasoning/workflow/refusal.ts";

/** What can make an analysis come too late. */
const folds = [
  "case.intake",
  "case.review_requested",
  "case.decision",
  "case.intervention_requested",
  "case.payment_received",
  "case.withdrawn",
  "case.completed",
  "case.reopened",
] as const;

/**
 * Emits for every `case.analysis` either `case.decision`, or `case.review_requested` where a person must decide, or
 * `case.event_refused` for one that comes when the case was decided on, paid, withdrawn or completed already.
 */
export const analysis: Processor<CaseProgress, "case.analysis", (typeof folds)[number]> = {
  name: "analysis",
  version: 1,
  takes: ["case.analysis"],
  folds,
  initial: () => initialProgress,
  evolve: advance,
  handle(event: EventOf<"case.analysis">, before: CaseProgress, { now }: HandlerContext): HandlerResult {
    const { intake, intakeAt = event.timestamp } = before;
    if (intake === undefined) throw new Reject("An analysis without an intake before it can't be decided");
    if (!accepts(before, event)) {
      return { events: [{ event_type: "case.event_refused", data: refusalOf(before, event) }] };
    }
    const { asked, isSimulated } = before;
    const { kind, data } = decide(intake, event.data, intakeAt, { now, asked, isSimulated });
    return kind === "decision"
      ? { events: [{ event_type: "case.decision", data }] }
      : { events: [{ event_type: "case.review_requested", data }] };
  },
};
