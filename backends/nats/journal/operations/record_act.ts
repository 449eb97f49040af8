/** Acts of persons that change nothing stored but the trail. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import type { AuditEntry } from "../../../dead_letters.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { ServerClock } from "../../stream/server_clock.ts";
import type { Partitions } from "../leases/partitions.ts";

interface TrailContext {
  readonly partitions: Pick<Partitions, "view" | "partitions">;
  readonly clock: Pick<ServerClock, "now">;
}

/** Adds an act to the trail of its case. */
export async function recordAct(
  { partitions, clock }: TrailContext,
  act: Omit<AuditEntry, "at">,
): Promise<void> {
  const view = await partitions.view(partitionOf(act.caseId ?? "", partitions.partitions));
  await view.submit(trailContribution({ at: new Date(clock.now()).toISOString(), ...act }));
}

function trailContribution(entry: AuditEntry): Contribution<void> {
  return {
    size: { events: 0, bytes: JSON.stringify(entry).length },
    addTo(plan) {
      plan.changes.trail.push(entry);
      return Promise.resolve(() => {});
    },
  };
}
