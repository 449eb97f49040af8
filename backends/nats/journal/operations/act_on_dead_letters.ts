/** Redriving and giving up dead letters: acts of a person, each with what it changes in one record. @module */
import type { AuditEntry, DeadLetterFilter, OperatorAction } from "../../../dead_letters.ts";
import { type ParkedCase, type ParkedDelivery, promoteHead, revive, unpark } from "../../../settlement/parked_case.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { LogState } from "../partition/log_state.ts";
import type { RecordPlan } from "../partition/record_plan.ts";

/** A parked case whose head is dead, and whose it is. */
export interface DeadCase {
  readonly processor: string;
  readonly caseId: string;
  readonly waiting: ParkedCase;
  readonly head: ParkedDelivery;
}

/** The dead letters of a partition that match. */
export function deadCasesIn(state: LogState, filter: DeadLetterFilter): DeadCase[] {
  return state.parked().flatMap(({ waiting, ...whose }) => {
    const head = waiting[0];
    const isMatch = head?.state === "dead" &&
      (filter.processor ?? whose.processor) === whose.processor &&
      (filter.caseId ?? whose.caseId) === whose.caseId &&
      (filter.position ?? head.position) === head.position;
    return isMatch ? [{ ...whose, waiting, head }] : [];
  }).toArray();
}

/** What a person does with a dead letter. */
export type DeadLetterAct = "redrive" | "discard";

/** Acts on those of the dead letters that are there still; answers how many. */
export function actContribution(
  act: DeadLetterAct,
  dead: readonly DeadCase[],
  by: OperatorAction,
  now: () => number,
): Contribution<number> {
  const addTo = (plan: RecordPlan) => {
    plan.claim(...new Set(dead.map(({ processor }) => processor)));
    const current = dead.flatMap(({ processor, caseId, head: { position } }) =>
      deadCasesIn(plan.state, { processor, caseId, position })
    );
    for (const each of current) {
      const { processor, caseId } = each;
      plan.changes.parked.push({ processor, caseId, waiting: changed(act, each, now()) });
      plan.changes.trail.push(entryOf(act, each, by, now()));
    }
    return Promise.resolve(() => current.length);
  };
  return { size: { events: 0, bytes: JSON.stringify(dead).length }, addTo };
}

function changed(act: DeadLetterAct, { waiting, head: { position } }: DeadCase, now: number): ParkedCase {
  return act === "redrive" ? revive(waiting, position, now) : promoteHead(unpark(waiting, position), now);
}

/** What failed in a delivery that is given up goes into the trail, so that nothing about it is lost. */
function entryOf(
  act: DeadLetterAct,
  { processor, caseId, head: { eventId, attempts, failures } }: DeadCase,
  { by, why }: OperatorAction,
  now: number,
): AuditEntry {
  const entry = { at: new Date(now).toISOString(), act, by, why, caseId, processor, eventId };
  return act === "redrive" ? entry : { ...entry, details: { attempts, failures } } as AuditEntry;
}
