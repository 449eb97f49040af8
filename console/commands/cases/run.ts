/** What the subcommands of `cases` do. @module */
import { type CaseworkerDecision, describeReview } from "../../../actors/application.ts";
import { listCases as listedCases } from "../../../actors/case_list.ts";
import type { Backend } from "../../../backends/backend.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { encodeData } from "../../../schema/codec.ts";
import type { Output } from "../../cli/command.ts";
import { withoutPersonalData } from "../../cli/case_timeline.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult, toSnakeCase } from "../../cli/output.ts";
import { toPrintableParts } from "../../cli/redaction.ts";
import { actorOf } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import type {
  ApproveCaseValues,
  DecideCaseValues,
  ListCasesValues,
  ReviewCasesValues,
  ShowCaseValues,
} from "./options.ts";
import { printCase } from "./print_case.ts";
import { approveDecision, decideCase, proposeDecision, type WaitingCase, waitingCases } from "./review.ts";
import { hasTwoTimes, timeMarks } from "../../../schema/time/moment.ts";

/** Lists cases, those that changed last first. */
export function listCases(values: ListCasesValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const { limit, latest } = values;
    const found = await listedCases(backend, { limit, ...(latest === undefined ? {} : { latest }) });
    const columns = ["updated_at", "latest", "version", "case_id"];
    const rows = found.map((each) => toSnakeCase({ ...each, caseId: maskCaseId(each.caseId) }) as object);
    printResult(output, values, listResult("cases", rows, { columns, empty: "No cases" }));
    return exitCodes.ok;
  });
}

/** Shows the events of a case and the acts on it. */
export function showCase(caseId: string, values: ShowCaseValues, output: Output): Promise<number> {
  return withBackend(values, (backend) => printCase(backend, caseId, values, output));
}

/** Lists the cases that wait for a caseworker. */
export function listWaiting(values: ReviewCasesValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const found = await waitingCases(backend, values.limit);
    const waiting = found.map((each) => ({
      ...each,
      caseId: maskCaseId(each.caseId),
      review: shownReview(each.review),
    }));
    const rows = waiting.map(({ caseId, since, happenedAt, recordedAt, review }) => ({
      ...{ case_id: caseId, since, happened_at: happenedAt, recorded_at: recordedAt },
      review,
    }));
    const columns = ["case_id", "since", "review.asked_of", "review.proposed", "review.term.due"];
    printResult(output, values, {
      ...listResult("cases", rows, { columns, empty: "" }),
      text: toPrintableParts(waiting).map(describeWaiting).join("\n") || "No case waits for a caseworker",
    });
    return exitCodes.ok;
  });
}

/** A review as programs see it: its amounts are euros again. */
function shownReview(review: WaitingCase["review"]): WaitingCase["review"] {
  const type = "case.review_requested";
  return withoutPersonalData(type, encodeData(type, review)) as typeof review;
}

function describeWaiting({ caseId, since, happenedAt, recordedAt, review }: WaitingCase): string {
  return `${caseId}  since ${since}, ${twoTimes(happenedAt, recordedAt)}${describeReview(review)}`;
}

/** Both times of a claim that came in later, or earlier, than it says it happened. */
function twoTimes(happenedAt = "", recordedAt = happenedAt): string {
  if (happenedAt === "" || !hasTwoTimes(happenedAt, Date.parse(recordedAt))) return "";
  const marks = timeMarks(Date.parse(happenedAt), Date.parse(recordedAt));
  const marked = marks.length === 0 ? "" : ` (${marks.join(", ")})`;
  return `happened ${happenedAt}, recorded ${recordedAt}${marked}, `;
}

/** Appends a caseworker's decision. The command has made sure that what it needs is given. */
export function decide(caseId: string, values: DecideCaseValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const stored = await decideCase(backend, await decisionOf(backend, caseId, values, "review.decide"));
    return printStored("Decided", caseId, { ...stored, decision: values.decision! }, values, output);
  });
}

/** Appends what a caseworker proposes, for a second one to approve. */
export function propose(caseId: string, values: DecideCaseValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const stored = await proposeDecision(
      backend,
      await decisionOf(backend, caseId, values, "review.propose"),
    );
    return printStored("Proposed", caseId, { ...stored, decision: values.decision! }, values, output);
  });
}

/** Appends the decision that another caseworker proposed. */
export function approve(caseId: string, values: ApproveCaseValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const actor = await actorOf(backend, values, "review.approve");
    const said = values.reason === undefined ? {} : { reason: values.reason };
    const stored = await approveDecision(backend, { caseId, ...actor, ...said });
    return printStored("Approved", caseId, stored, values, output);
  });
}

async function decisionOf(
  backend: Backend,
  caseId: string,
  values: DecideCaseValues,
  act: "review.decide" | "review.propose",
): Promise<CaseworkerDecision> {
  const { decision, reason, source } = values;
  const nextSteps = (values["next-steps"] ?? "").split(";").map((step) => step.trim());
  return {
    ...await actorOf(backend, values, act),
    ...{ caseId, decision: decision!, reason: reason!, source },
    nextSteps: nextSteps.filter((step) => step !== ""),
  };
}

function printStored(
  did: string,
  caseId: string,
  { version, decision }: { readonly version: number; readonly decision: string },
  values: ApproveCaseValues,
  output: Output,
): number {
  printResult(output, values, {
    json: { case_id: maskCaseId(caseId), version, decision },
    text: `${did}: ${decision}, version ${version} of the case`,
  });
  return exitCodes.ok;
}
