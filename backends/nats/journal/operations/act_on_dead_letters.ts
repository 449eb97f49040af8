/** Redriving and giving up dead letters: acts of a person, each with what it changes in one record. @module */
import type { AuditEntry, OperatorAction } from "../../../dead_letters.ts";
import {
  type ParkedCase,
  type ParkedDelivery,
  promoteHead,
  revive,
  unpark,
} from "../../../settlement/parked_case.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { LogState } from "../partition/log_state.ts";
import type { RecordPlan } from "../partition/record_plan.ts";

/** A dead letter as it was found. */
interface FoundDead {
  readonly processor: string;
  readonly caseId: string;
  readonly dead: ParkedDelivery;
}

/** One that is there still. */
interface DeadCase extends FoundDead {
  readonly waiting: ParkedCase;
}

/** What a person does with a dead letter. */
export type DeadLetterAct = "redrive" | "discard";

/** Acts on those of the dead letters that are there still; answers how many. */
export function actContribution(
  act: DeadLetterAct,
  found: readonly FoundDead[],
  by: OperatorAction,
  now: () => number,
): Contribution<number> {
  const addTo = (plan: RecordPlan) => {
    plan.claim(...new Set(found.map(({ processor }) => processor)));
    const current = found.flatMap((each) => currentOf(plan.state, each));
    for (const each of current) {
      const { processor, caseId } = each;
      plan.changes.parked.push({ processor, caseId, waiting: changed(act, each, now()) });
      plan.changes.trail.push(entryOf(act, each, by, now()));
    }
    return Promise.resolve(() => current.length);
  };
  return { size: { events: 0, bytes: JSON.stringify(found).length }, addTo };
}

function currentOf(state: LogState, { processor, caseId, dead: { position } }: FoundDead): DeadCase[] {
  const waiting = state.parkedOf(processor).get(caseId) ?? [];
  const dead = waiting.find((each) => each.position === position && each.state === "dead");
  return dead === undefined ? [] : [{ processor, caseId, waiting, dead }];
}

function changed(act: DeadLetterAct, { waiting, dead: { position } }: DeadCase, now: number): ParkedCase {
  return act === "redrive" ? revive(waiting, position, now) : promoteHead(unpark(waiting, position), now);
}

/** What failed in a delivery that is given up goes into the trail, so that nothing about it is lost. */
function entryOf(
  act: DeadLetterAct,
  { processor, caseId, dead: { eventId, attempts, failures } }: DeadCase,
  { by, why }: OperatorAction,
  now: number,
): AuditEntry {
  const entry = { at: new Date(now).toISOString(), act, by, why, caseId, processor, eventId };
  return act === "redrive" ? entry : { ...entry, details: { attempts, failures } } as AuditEntry;
}
