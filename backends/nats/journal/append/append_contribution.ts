/** An append to one partition, as a part of its next record. @module */
import { EventIdConflict, VersionConflict } from "../../../errors.ts";
import type { AppendResult, ExpectedVersion } from "../../../event_store.ts";
import type { PendingEvent } from "../../stream/message.ts";
import type { Answer, Contribution } from "../partition/commit_queue.ts";
import { bytesOfEvent } from "../record/event_lines.ts";
import type { RecordPlan } from "../partition/record_plan.ts";
import { factOf, isSameFact } from "../partition/same_fact.ts";

/** Events of one partition, at least one; with an expected version of one case. */
export interface PartitionAppend {
  readonly events: readonly PendingEvent[];
  readonly expected: ExpectedVersion;
  /** Only looks for what would be refused, and stores nothing. */
  readonly checkOnly?: boolean;
}

/** Throws VersionConflict and EventIdConflict. Events that are stored with the same content are duplicates, and no error. */
export function appendContribution(append: PartitionAppend): Contribution<AppendResult> {
  const bytes = append.events.reduce((sum, event) => sum + bytesOfEvent(event), 0);
  return {
    size: append.checkOnly ? { events: 0, bytes: 0 } : { events: append.events.length, bytes },
    isTentative: append.checkOnly === true,
    addTo: (plan) => addAppend(plan, append),
  };
}

async function addAppend(
  plan: RecordPlan,
  { events, expected, checkOnly = false }: PartitionAppend,
): Promise<Answer<AppendResult>> {
  await plan.load(events);
  refuseConflicts(plan, events, expected);
  if (checkOnly) return () => ({ stored: 0, duplicates: 0, position: 0, version: 0 });
  const before = plan.events.length;
  const last = events.map((event) => plan.find(event) ?? plan.add(event)).at(-1)!;
  const stored = plan.events.length - before;
  return (positionOf) => ({
    stored,
    duplicates: events.length - stored,
    position: last.kind === "planned" ? positionOf(last.ordinal) : last.position,
    version: last.version,
  });
}

/** An event that is there with other content, or that stands twice in the call with two contents; a version that is another one. */
function refuseConflicts(
  plan: RecordPlan,
  events: readonly PendingEvent[],
  expected: ExpectedVersion,
): void {
  const fresh = new Map<string, PendingEvent>();
  for (const event of events) {
    const found = plan.find(event);
    const earlier = fresh.get(event.eventId);
    const isOther = earlier !== undefined && !isSameFact(factOf(earlier), factOf(event));
    if (isOther || found?.isSame === false) throw new EventIdConflict(event.eventId);
    if (found === undefined) fresh.set(event.eventId, event);
  }
  if (expected === "any" || fresh.size === 0) return;
  const { caseId } = events[0]!;
  const actual = plan.versionOf(caseId);
  const wanted = expected === "none" ? 0 : expected.exact;
  if (actual !== wanted) throw new VersionConflict(caseId, expected, actual);
}
