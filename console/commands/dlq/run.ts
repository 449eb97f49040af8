/** What the subcommands of `dlq` do. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { DeadLetter, DeadLetterFilter, OperatorAction } from "../../../backends/dead_letters.ts";
import { delayOrAbort } from "../../../backends/primitives/concurrency.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { formatOf, listResult, printResult } from "../../cli/output.ts";
import { redact, toPrintableParts } from "../../cli/redaction.ts";
import { formatRounded, Progress } from "../../cli/terminal.ts";
import { actedBy } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { DeadLetterListValues, DiscardValues, RedriveValues } from "./options.ts";
import { describeStopped, stoppedRow } from "../../store/stopped_rows.ts";
import type { RedrivePreview } from "./redrive_preview.ts";

const COLUMNS = ["position", "since", "processor", "event_type", "error", "attempts", "held", "case_id"];

/** Lists dead letters. */
export function listDeadLetters(
  filter: DeadLetterFilter,
  values: DeadLetterListValues,
  output: Output,
): Promise<number> {
  return withBackend(values, async ({ deadLetters }) => {
    const rows = (await deadLetters.list(filter)).map(stoppedRow);
    const total = await deadLetters.count(filter);
    printResult(
      output,
      values,
      listResult("dead_letters", rows, { columns: COLUMNS, total, empty: "No dead letters" }),
    );
    return exitCodes.ok;
  });
}

/** Shows dead letters with their evidence: one event may be a dead letter of several processors. */
export function showDeadLetters(
  filter: DeadLetterFilter,
  values: DeadLetterListValues,
  output: Output,
): Promise<number> {
  return withBackend(values, async (backend) => {
    const rows = (await find(backend, filter)).map(stoppedRow);
    printResult(output, values, {
      ...listResult("dead_letters", rows, { columns: COLUMNS, empty: "" }),
      text: rows.map(describeStopped).join("\n\n"),
    });
    return exitCodes.ok;
  });
}

async function find({ deadLetters }: Backend, filter: DeadLetterFilter): Promise<DeadLetter[]> {
  const found = await deadLetters.list(filter);
  if (found.length > 0) return found;
  throw new CommandError(exitCodes.notFound, "There is no such dead letter: see dlq list");
}

/** What is about to be done to dead letters that were found. */
interface PlannedAct {
  readonly backend: Backend;
  readonly verb: "redrive" | "discard";
  readonly found: readonly DeadLetter[];
  readonly perform: (action: OperatorAction) => Promise<number>;
  readonly perSecond?: number | undefined;
  /** What would come of each, when that was asked for. */
  readonly outputs?: readonly RedrivePreview[] | undefined;
}

/** Redrives dead letters, all at once or at a rate; or says what would come of it. */
export function redriveDeadLetters(
  filter: DeadLetterFilter,
  values: RedriveValues,
  output: Output,
): Promise<number> {
  return withBackend(values, async (backend) => {
    const found = await find(backend, filter);
    const perSecond = values.rate;
    const outputs = values["show-outputs"]
      ? await (await import("./redrive_preview.ts")).previewRedrive(backend, found)
      : undefined;
    const perform = (action: OperatorAction) =>
      perSecond === undefined
        ? backend.deadLetters.redrive(filter, action)
        : redriveAtRate(backend, found, action, perSecond, output);
    return await apply({ backend, verb: "redrive", found, perSecond, outputs, perform }, values, output);
  });
}

/** Gives dead letters up; or says which. */
export function discardDeadLetters(
  filter: DeadLetterFilter,
  values: DiscardValues,
  output: Output,
): Promise<number> {
  return withBackend(values, async (backend) => {
    const found = await find(backend, filter);
    const perform = (action: OperatorAction) => backend.deadLetters.discard(filter, action);
    return await apply({ backend, verb: "discard", found, perform }, values, output);
  });
}

/** Says what will be touched, and does it unless this is a dry run. */
async function apply(act: PlannedAct, values: DiscardValues, output: Output): Promise<number> {
  const { verb, found, outputs, perform } = act;
  const held = found.reduce((sum, letter) => sum + letter.held, 0);
  if (values["dry-run"]) {
    printResult(output, values, {
      json: { would: verb, count: found.length, held, ...(outputs === undefined ? {} : { outputs }) },
      rows: outputs,
      text: [`Would ${describePlan(act, held)}`, ...toPrintableParts(outputs ?? []).map(describePreview)]
        .join("\n"),
    });
    return exitCodes.ok;
  }
  if (formatOf(values) === "table") output.out(`Will ${describePlan(act, held)}`);
  const count = await perform({
    by: await actedBy(act.backend, values, `stuck.${verb}`),
    why: values.reason!,
  });
  printResult(output, values, { json: { did: verb, count, held }, text: `Done: ${formatRounded(count)}` });
  return exitCodes.ok;
}

/** What an act will touch, and how long it takes at a rate. */
function describePlan({ verb, found, perSecond }: PlannedAct, held: number): string {
  const cases = new Set(found.map(({ caseId }) => caseId)).size;
  const time = perSecond === undefined ? "" : `, in about ${Math.ceil(found.length / perSecond)} s`;
  return `${verb} ${formatRounded(found.length)} dead letters of ${cases} cases, ` +
    `with ${formatRounded(held)} deliveries held behind them${time}`;
}

/** A preview in words. */
function describePreview({ position, processor, case_id, events, timers, failure }: RedrivePreview): string {
  const head = `  ${position}  ${processor}  ${case_id}`;
  if (failure !== undefined) return `${head}: would fail again (${failure})`;
  const emitted = events.map(({ type, data }) => `\n    ${type} ${redact(JSON.stringify(data))}`).join("");
  const timed = timers.length === 0 ? "" : `\n    timers: ${timers.join(", ")}`;
  return `${head}: would emit ${events.length} events${emitted}${timed}`;
}

/** Oldest first, one by one, so that the store and the processors have time for other cases in between. */
async function redriveAtRate(
  { deadLetters }: Backend,
  found: readonly DeadLetter[],
  action: OperatorAction,
  perSecond: number,
  output: Output,
): Promise<number> {
  const neverAborted = new AbortController().signal;
  const progress = new Progress(output, { what: "dead letters", total: found.length });
  let done = 0;
  for (const [i, { processor, caseId, event }] of found.entries()) {
    if (i > 0) await delayOrAbort(1_000 / perSecond, neverAborted);
    done += await deadLetters.redrive({ processor, caseId, position: event.position }, action);
    progress.update(i + 1);
  }
  progress.clear();
  return done;
}
