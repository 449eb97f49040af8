/** Pauses of a store of records: one record, in the partition of the store's trail, is the act, its entry and the pause. @module */
import type { OperatorAction } from "../../../dead_letters.ts";
import { type Pause, pauseEntry, pauseKey, type Pauses, type PauseTarget } from "../../../pauses.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { RecordPlan } from "../partition/record_plan.ts";
import { readPauses, viewOfPauses } from "../reads/pauses.ts";
import type { RecordContext } from "../store/record_context.ts";

type PausesContext = Pick<RecordContext, "partitions" | "clock" | "notifyOwner" | "notifyLeases">;

export function pausesOf(context: PausesContext): Pauses {
  return {
    list: () => readPauses(context.partitions),
    pause: (target, act) => change(context, "pause", target, act),
    resume: (target, act) => change(context, "resume", target, act),
  };
}

async function change(
  context: PausesContext,
  verb: "pause" | "resume",
  target: PauseTarget,
  act: OperatorAction,
): Promise<boolean> {
  const view = await viewOfPauses(context.partitions);
  const pause = { ...target, ...act, at: new Date(context.clock.now()).toISOString() };
  const isChanged = await view.submit(pauseContribution(verb, pause));
  if (!view.isOwner) context.notifyOwner(view.partition);
  context.notifyLeases();
  return isChanged;
}

/** Answers whether it changes anything: it may be paused already, or not at all. */
function pauseContribution(verb: "pause" | "resume", pause: Pause): Contribution<boolean> {
  const { kind, name, by, why, at } = pause;
  const addTo = (plan: RecordPlan) => {
    plan.claim(`pause ${pauseKey(pause)}`);
    const isPaused = plan.state.pauses.has(pauseKey(pause));
    if (isPaused === (verb === "pause")) return Promise.resolve(() => false);
    (plan.changes.pauses ??= []).push({ verb, pause });
    plan.changes.trail.push({ at, ...pauseEntry(verb, { kind, name }, { by, why }) });
    return Promise.resolve(() => true);
  };
  return { size: { events: 0, bytes: 2 * JSON.stringify(pause).length }, addTo };
}
