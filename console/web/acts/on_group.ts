/** What acts on a group of dead letters, or of parked deliveries, share: it is counted, confirmed, and counted once more before anything is done. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { DeadLetterFilter, OperatorAction, StoppedDelivery } from "../../../backends/dead_letters.ts";
import { groupsOf } from "../data/stuck_groups.ts";
import type { Form, Outcome, Visit } from "../page.ts";
import { Problem, requireReason } from "../problem.ts";
import type { TextKey } from "../texts/catalogue.ts";

/** As many dead letters as are looked at. */
export const MOST_LETTERS = 1_000;

/** Those of the group that a form names. Throws Problem where their number is not the one that was confirmed. */
function confirmed(all: readonly StoppedDelivery[], form: Form): readonly StoppedDelivery[] {
  const found = groupsOf(all).find(({ key }) => key === form.group)?.letters ?? [];
  const was = Number(form.count);
  if (found.length === was && was > 0) return found;
  throw new Problem(409, "problem.changed", "problem.count", {
    now: found.length,
    was: Number.isNaN(was) ? "–" : was,
  });
}

type Perform = (filter: DeadLetterFilter, action: OperatorAction) => Promise<number>;

/** What is acted on, and how. */
interface GroupAct {
  list(backend: Backend): Promise<readonly StoppedDelivery[]>;
  perform(backend: Backend): Perform;
}

/** An act on dead letters. */
export function onDeadLetters(perform: GroupAct["perform"]): GroupAct {
  return { list: ({ deadLetters }) => deadLetters.list({ limit: MOST_LETTERS }), perform };
}

/** Does an act to each delivery of a group, oldest first: to what was confirmed, and nothing that came since. */
export async function actOnGroup(
  { sources, principal }: Visit,
  form: Form,
  notice: TextKey,
  { list, perform }: GroupAct,
): Promise<Outcome> {
  const action = { by: principal.name, why: requireReason(form.reason) };
  const backend = await sources.backend();
  const letters = confirmed(await list(backend), form);
  let count = 0;
  for (const { processor, caseId, event } of letters) {
    count += await perform(backend)({ processor, caseId, position: event.position }, action);
  }
  return { kind: "done", to: "/stuck", notice, count, json: { did: notice.replace(/^done\./, ""), count } };
}
