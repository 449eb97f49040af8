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
import type { Chart, Workflow } from "./workflow/workflow.ts";
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

/** Whom or what a case can wait for. */
export { waitNames } from "./projections/cases.ts";
/** The processors that are workflows. Adding one means adding it here too. */
// deno-lint-ignore no-explicit-any
export const workflows: readonly Workflow<any, any, any>[] = [followUp];

/** The life of a case as a chart: follow-up's, which sees all of it. */
export const caseChart: Chart = followUp.chart;

/** Where a case can stand. */
export { states } from "./reasoning/workflow/workflow.ts";

/** The calendar that terms are counted by. */
export { daysAfter, dutchDay, isWorkingDay } from "./reasoning/law/working_days.ts";

/** Acts of people. */
export {
  type CaseworkerDecision,
  caseworkerDecision,
  caseworkerProposal,
  openProposal,
  type PendingReview,
  pendingReview,
  type Proposal,
  reviewEventTypes,
} from "./acts/caseworker.ts";

/** Texts for people. */
export { NOT_SHOWN, shownData, withoutContactData } from "./texts/personal_data.ts";
export { describeReview } from "./texts/review_text.ts";

/** The mandate under which the system decides on generated cases, and on no other. */
export { demonstrationMandate } from "./reasoning/rules/mandates.ts";
/** The mandates of the system on all other cases: as an organisation configures them, and those in effect. */
export { mandatesSchema, writtenMandate } from "./reasoning/candidate/mandates_form.ts";
export { grantMandates, policy, type SystemMandate } from "./reasoning/rules/policy.ts";

/** What decisions rest on, for those who must keep it up to date. */
export { figuresOn, type RegisteredFigure } from "./reasoning/rules/figure_register.ts";

/** Another policy, rules or model, to be tried on history by a worker that has no effects. */
export {
  type Candidate,
  putInEffect,
  type ReadyCandidate,
  readyCandidate,
} from "./reasoning/candidate/candidate.ts";
export {
  InvalidCandidate,
  parsePolicy,
  policyFields,
  policyFile,
} from "./reasoning/candidate/policy_form.ts";
export {
  figuresFile,
  otherFigures,
  parseFigures,
  parseTable,
  tableFile,
  type TableName,
  tableNames,
} from "./reasoning/candidate/rules_form.ts";
export { assess } from "./reasoning/decision/assessment.ts";
