/** Firing timers: the owner of a partition appends the events of those that are due. @module */
import type { StoredTimerChange } from "../../../mailbox/mailbox.ts";
import { pendingEventOfRow } from "../../stream/message.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { WaitingTimer, WaitingTimers } from "../partition/opened_partition.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { OwnershipLost } from "../partition/record_writer.ts";
import type { RecordPlan } from "../partition/record_plan.ts";

/** Timers that one record fires, and the bytes that so many are taken for: what is larger is several records. */
const FIRED_AT_ONCE = 200;
const FIRED_BYTES = 400_000;

/** Fires all timers that are due at a time. */
export async function fireDueTimers(owner: PartitionWriter, until: number): Promise<void> {
  try {
    while (owner.isOwner && owner.timers.nextDueAt <= until) {
      if (await owner.submit(fireContribution(owner.timers, until)) === 0) return;
    }
  } catch (error) {
    if (!(error instanceof OwnershipLost)) throw error;
  }
}

/** The events of timers that are due, and that they have fired; answers how many. One whose event is stored already only ends. */
function fireContribution(timers: WaitingTimers, until: number): Contribution<number> {
  return {
    size: { events: FIRED_AT_ONCE, bytes: FIRED_BYTES },
    isTentative: true,
    async addTo(plan) {
      const due = (await timers.due(until, FIRED_AT_ONCE)).filter((timer) => !isChangedIn(plan, timer));
      const events = due.map(({ row }) => pendingEventOfRow(row));
      await plan.load(events);
      for (const event of events) if (plan.find(event) === undefined) plan.add(event);
      for (const { processor, caseId, name } of due) {
        plan.changes.timers.push({ kind: "fired", processor, caseId, name });
      }
      return () => due.length;
    },
  };
}

/** Whether what stands before in the same record sets or cancels it: then it is looked at again behind that. */
function isChangedIn({ changes }: RecordPlan, timer: WaitingTimer): boolean {
  return changes.timers.some((change: Pick<StoredTimerChange, "processor" | "caseId" | "name">) =>
    change.processor === timer.processor && change.caseId === timer.caseId && change.name === timer.name
  );
}
