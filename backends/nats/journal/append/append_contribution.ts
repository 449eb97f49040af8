/** An append to one partition, as a part of its next record. @module */
import { EventIdConflict, VersionConflict } from "../../../errors.ts";
import type { AppendResult, ExpectedVersion } from "../../../event_store.ts";
import type { PendingEvent } from "../../stream/message.ts";
import type { Answer, Contribution } from "../partition/commit_queue.ts";
import { bytesOfEvent } from "../record/event_lines.ts";
import type { RecordPlan } from "../partition/record_plan.ts";
import { factOf, isSameFact } from "../partition/same_fact.ts";

/** The version of each case that was looked at before an append, by its id. */
export type JudgedVersions = ReadonlyMap<string, number>;

/** Events of one partition, at least one; with an expected version of one case. */
export interface PartitionAppend {
  readonly events: readonly PendingEvent[];
  readonly expected: ExpectedVersion;
  /** The versions of the cases by whose history the events were judged: they are stored on these, or not at all. */
  readonly judgedOn?: JudgedVersions;
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
  { events, expected, judgedOn, checkOnly = false }: PartitionAppend,
): Promise<Answer<AppendResult>> {
  await plan.load(events);
  const fresh = refuseConflicts(plan, events);
  if (fresh.length > 0) requireVersion(plan, events[0]!.caseId, expected);
  for (const caseId of new Set(fresh.map(({ caseId }) => caseId))) {
    const version = judgedOn?.get(caseId);
    if (version !== undefined) requireVersion(plan, caseId, { exact: version });
  }
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

/** The new ones of these events. Throws EventIdConflict for one that is there, or stands twice in the call, with other content. */
function refuseConflicts(plan: RecordPlan, events: readonly PendingEvent[]): readonly PendingEvent[] {
  const fresh = new Map<string, PendingEvent>();
  for (const event of events) {
    const found = plan.find(event);
    const earlier = fresh.get(event.eventId);
    const isOther = earlier !== undefined && !isSameFact(factOf(earlier), factOf(event));
    if (isOther || found?.isSame === false) throw new EventIdConflict(event.eventId);
    if (found === undefined) fresh.set(event.eventId, event);
  }
  return [...fresh.values()];
}

function requireVersion(plan: RecordPlan, caseId: string, expected: ExpectedVersion): void {
  if (expected === "any") return;
  const actual = plan.versionOf(caseId);
  const wanted = expected === "none" ? 0 : expected.exact;
  if (actual !== wanted) throw new VersionConflict(caseId, expected, actual);
}
