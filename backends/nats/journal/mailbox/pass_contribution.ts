/** A pass as a part of the next record, whole or not at all. @module */
import type { PassMove, PassOwner, PassSettlement, PassStatus } from "../../../mailbox/pass.ts";
import { type PendingEvent, pendingEventsOf } from "../../stream/message.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { LogState } from "../partition/log_state.ts";
import type { RecordPlan } from "../partition/record_plan.ts";
import { bytesOfEvent } from "../record/event_lines.ts";
import { requireTimer } from "./settle_contribution.ts";

/** A member of a pass, as it is settled. */
export interface MovingMember extends Pick<PassOwner, "processor" | "epoch" | "types"> {
  readonly move: PassMove;
}

/** Whether one of these types was stored behind a member's last line. */
type HasUnread = (member: MovingMember) => Promise<boolean>;

const [LINE_BREAK, ZERO] = [10, 48];

/**
 * Stores what a pass made, and moves its members: who handled something of that moves behind it, for which nothing else may stand
 * between. So nothing follows it in its record. Throws RangeError for a pass that is not of these members.
 */
export function passContribution(
  members: readonly MovingMember[],
  { outputs, timers }: PassSettlement,
  hasUnread: HasUnread,
): Contribution<PassStatus> {
  const events = pendingEventsOf(outputs);
  const versions = versionsIn(outputs);
  timers.forEach(requireTimer);
  const bytes = events.reduce((sum, event) => sum + bytesOfEvent(event), 0);
  const addTo = async (plan: RecordPlan): Promise<() => PassStatus> => {
    plan.claim(...members.map(({ processor }) => processor));
    const refused = judge(plan.state, members);
    if (refused !== undefined) return () => refused;
    await plan.load(events);
    if (!isNext(plan, events, versions) || await isBehind(plan, members, hasUnread)) return () => "behind";
    for (const event of events) plan.add(event);
    plan.changes.timers.push(...timers);
    for (const { processor: name, epoch, move: { from, to, isChained } } of members) {
      plan.moves.push({ name, from, to: Math.max(from, to), epoch, ...(isChained ? { toEnd: true } : {}) });
    }
    if (members.some(({ move }) => move.isChained)) plan.close();
    return () => "settled";
  };
  return { size: { events: events.length, bytes }, addTo };
}

/** What the members' places say; undefined where the pass is the next thing that happens to them. */
function judge(state: LogState, members: readonly MovingMember[]): PassStatus | undefined {
  const its = members.map(({ processor }) => state.processor(processor));
  if (members.some(({ epoch }, i) => its[i]!.epoch !== epoch)) return "fenced";
  if (members.every(({ move: { from } }, i) => its[i]!.checkpoint === from)) return undefined;
  const isDone = members.every(({ move: { from, to } }, i) =>
    its[i]!.checkpoint > from && its[i]!.checkpoint >= to
  );
  if (isDone) return "already";
  const { processor, move: { from } } = members[0]!;
  const found = its[0]!.checkpoint;
  throw new RangeError(
    `Cannot settle a pass of ${processor} that begins at ${from}: the checkpoint is at ${found}`,
  );
}

/** Whether each event would get its version, and has a new id. */
function isNext(plan: RecordPlan, events: readonly PendingEvent[], versions: readonly number[]): boolean {
  const heads = new Map<string, number>();
  return events.every((event, i) => {
    const version = (heads.get(event.caseId) ?? plan.versionOf(event.caseId)) + 1;
    heads.set(event.caseId, version);
    return versions[i] === version && plan.find(event) === undefined;
  });
}

/** Whether something stands before the pass that one of those who handled what it made should have handled first. */
async function isBehind(
  plan: RecordPlan,
  members: readonly MovingMember[],
  hasUnread: HasUnread,
): Promise<boolean> {
  for (const member of members) {
    if (!member.move.isChained) continue;
    if (plan.events.some(({ event: { type } }) => member.types.includes(type))) return true;
    if (await hasUnread(member)) return true;
  }
  return false;
}

/** The version in front of each output line. */
function versionsIn(outputs: Uint8Array): number[] {
  const versions: number[] = [];
  for (let start = 0; start < outputs.length;) {
    versions.push(numberAt(outputs, start));
    const end = outputs.indexOf(LINE_BREAK, start);
    start = end === -1 ? outputs.length : end + 1;
  }
  return versions;
}

/** The digits at a place as a number. */
function numberAt(bytes: Uint8Array, at: number): number {
  let number = 0;
  for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
    number = number * 10 + digit;
  }
  return number;
}
