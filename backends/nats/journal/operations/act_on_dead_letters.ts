/** Redriving and giving up dead letters, and trying what is parked at once: acts of a person, each with what it changes in one record. @module */
import type { AuditEntry, OperatorAction } from "../../../dead_letters.ts";
import {
  dueNow,
  type ParkedCase,
  type ParkedDelivery,
  promoteHead,
  revive,
  unpark,
} from "../../../settlement/parked_case.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { LogState } from "../partition/log_state.ts";
import type { RecordPlan } from "../partition/record_plan.ts";

/** A delivery behind which its case waits, as it was found. */
interface FoundStopped {
  readonly processor: string;
  readonly caseId: string;
  readonly delivery: ParkedDelivery;
}

/** One that is there still. */
interface StoppedCase extends FoundStopped {
  readonly waiting: ParkedCase;
}

/** What a person does with a dead letter, or with a delivery that is tried again. */
export type DeliveryAct = "redrive" | "discard" | "retry_now";

/** Acts on those that are there still, in the state in which they were found; answers how many. */
export function actContribution(
  act: DeliveryAct,
  found: readonly FoundStopped[],
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

function currentOf(state: LogState, { processor, caseId, delivery: found }: FoundStopped): StoppedCase[] {
  const waiting = state.parkedOf(processor).get(caseId) ?? [];
  const delivery = waiting.find((each) => each.position === found.position && each.state === found.state);
  return delivery === undefined ? [] : [{ processor, caseId, waiting, delivery }];
}

function changed(
  act: DeliveryAct,
  { waiting, delivery: { position } }: StoppedCase,
  now: number,
): ParkedCase {
  if (act === "discard") return promoteHead(unpark(waiting, position), now);
  return act === "redrive" ? revive(waiting, position, now) : dueNow(waiting, position, now);
}

/** What failed in a delivery that is given up goes into the trail, so that nothing about it is lost. */
function entryOf(
  act: DeliveryAct,
  { processor, caseId, delivery: { eventId, attempts, failures } }: StoppedCase,
  { by, why }: OperatorAction,
  now: number,
): AuditEntry {
  const entry = { at: new Date(now).toISOString(), act, by, why, caseId, processor, eventId };
  return act !== "discard" ? entry : { ...entry, details: { attempts, failures } } as AuditEntry;
}
