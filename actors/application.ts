/**
 * The application that the runtime hosts: debt assistance as Dutch municipalities give it.
 *
 * Supervisor, pool, workers, backends and the console know of it only through this file. Another application takes its
 * place by offering the same exports. Only this file imports the rooms of the application (`processors/`, `projections/`,
 * `reasoning/`, `acts/`, `texts/`); its event types are those of `schema/events.ts`.
 * @module
 */
import type { AnyProcessor } from "./processor.ts";
import type { AnyProjection, Selection } from "./projection.ts";
import { analysis } from "./processors/analysis.ts";
import { decision } from "./processors/decision.ts";
import { followUp } from "./processors/follow_up.ts";
import { intake } from "./processors/intake.ts";
import { cases } from "./projections/cases.ts";
import { flowPerDay } from "./projections/flow_per_day.ts";
import { processingTimes } from "./projections/processing_times.ts";
import { reviewQueue } from "./projections/review_queue.ts";

/** The processors, in the order of a case's life. Adding one means adding it here. */
export const processors: readonly AnyProcessor[] = [intake, analysis, decision, followUp];

/** The read models, and the parts of them that have a name of their own. Adding one means adding it here. */
export const projections: readonly AnyProjection[] = [cases, flowPerDay];
export const selections: readonly Selection[] = [reviewQueue, processingTimes];

/** How far a case is, folded from its events: the view that the acts of people are judged by. */
export {
  accepts,
  advance,
  type CaseProgress,
  deadlineOf,
  initialProgress,
  runningOf,
} from "./reasoning/workflow/progress.ts";

/** Where a case can stand. */
export { states } from "./reasoning/workflow/workflow.ts";

/** The calendar that terms are counted by. */
export { daysAfter, dutchDay, isWorkingDay } from "./reasoning/law/working_days.ts";

/** Acts of people. */
export {
  type CaseworkerDecision,
  caseworkerDecision,
  type PendingReview,
  pendingReview,
  reviewEventTypes,
} from "./acts/caseworker.ts";

/** Texts for people. */
export { NOT_SHOWN, shownData, withoutContactData } from "./texts/personal_data.ts";
export { describeReview } from "./texts/review_text.ts";

/** What decisions rest on, for those who must keep it up to date. */
export { figuresOn, type RegisteredFigure } from "./reasoning/rules/figure_register.ts";
