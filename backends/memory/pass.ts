/** Passes over a memory store: what comes next for several processors of a partition, and how it is settled in one act. @module */
import { decodeLines, encodeLines } from "../../schema/delivery_line.ts";
import type { BatchLimits } from "../mailbox/batch_size.ts";
import type { PassFetched, PassMove, PassPart, PassSettlement, PassStatus } from "../mailbox/pass.ts";
import type { Clock } from "../primitives/clock.ts";
import { nextDue } from "../settlement/parked_case.ts";
import { isRedelivering, pending } from "./batch_reader.ts";
import {
  entryLineOf,
  type EventLog,
  type LogEntry,
  type LogEntryDraft,
  parseEntryDraft,
} from "./event_log.ts";
import type { Subscription } from "./lease_table.ts";
import { type TimerWrite, timerWrite } from "./timer_table.ts";

/** A fetch that found nothing to go through. */
export function nothing(kind: "plain" | "fenced" | "empty", nextDueMs = Infinity): PassFetched {
  return { kind, lines: new Uint8Array(), count: 0, parts: [], nextDueMs };
}

/** What comes next for all of these. */
export function nextPass(
  members: readonly Subscription[],
  log: EventLog,
  now: number,
  { batchSize, batchBytes }: BatchLimits,
): PassFetched {
  const nextDueMs = Math.min(Infinity, ...members.map(({ parked }) => nextDue(parked.values()) - now));
  if (nextDueMs <= 0 || members.some((each) => isRedelivering(each, log))) return nothing("plain");
  for (let size = batchSize;; size >>= 1) {
    const { entries, parts } = read(members, log, size);
    if (entries.length === 0) return { ...nothing("empty", nextDueMs), parts };
    const isHeld = ({ caseId }: LogEntry) => members.some(({ parked }) => parked.has(caseId));
    const lines = encodeLines(entries.map((entry) => entryLineOf(entry, 1, isHeld(entry))));
    if (entries.length > 1 && lines.length > batchBytes) {
      if (size > 1) continue;
      return nothing("plain");
    }
    return { kind: "pass", lines, count: entries.length, parts, nextDueMs };
  }
}

function read(members: readonly Subscription[], log: EventLog, size: number) {
  const entries = new Set<LogEntry>();
  const parts = members.map((member): PassPart => {
    const next = [...pending(member, log).take(size + 1)];
    const own = next.slice(0, size);
    for (const entry of own) entries.add(entry);
    const { processor, checkpoint: from } = member;
    return { processor, from, to: own.at(-1)?.position ?? from, isCaughtUp: next.length <= size };
  });
  return { entries: [...entries].sort((a, b) => a.position - b.position), parts };
}

/** Where a pass is settled. */
interface PassTarget {
  readonly log: EventLog;
  readonly clock: Clock;
  write(outputs: readonly LogEntryDraft[], timers: readonly TimerWrite[]): void;
}

/** Settles a pass of these under their epochs, whole or not at all. */
export function settlePass(
  store: PassTarget,
  members: readonly Subscription[],
  epochs: readonly number[],
  { moves, outputs, timers }: PassSettlement,
): PassStatus {
  if (members.some(({ epoch }, i) => epoch !== epochs[i])) return "fenced";
  if (members.some(({ checkpoint }, i) => checkpoint !== moves[i]!.from)) return judgeMoved(members, moves);
  const drafts = draftsOf(outputs, store.log);
  if (drafts === undefined || members.some((member, i) => hasUnread(member, moves[i]!, store.log))) {
    return "behind";
  }
  const writes = timers.map(timerWrite);
  store.write(drafts, writes);
  const last = store.log.entries.length;
  members.forEach((member, i) => {
    const { isChained, from, to } = moves[i]!;
    member.checkpoint = isChained ? last : Math.max(from, to);
    member.settledAt = store.clock.now();
    member.inFlight = null;
  });
  return "settled";
}

function judgeMoved(members: readonly Subscription[], moves: readonly PassMove[]): PassStatus {
  const isDone = members.every(({ checkpoint }, i) =>
    checkpoint > moves[i]!.from && checkpoint >= moves[i]!.to
  );
  if (isDone) return "already";
  const [{ processor, checkpoint }, { from }] = [members[0]!, moves[0]!];
  throw new RangeError(
    `Cannot settle a pass of ${processor} that begins at ${from}: the checkpoint is at ${checkpoint}`,
  );
}

/** The outputs, or undefined where one would not get its version, or its id is stored. */
function draftsOf(outputs: Uint8Array, log: EventLog): LogEntryDraft[] | undefined {
  const heads = new Map<string, number>();
  const drafts: LogEntryDraft[] = [];
  for (const line of decodeLines(outputs)) {
    const draft = parseEntryDraft(line.slice(line.indexOf("\t") + 1));
    const version = (heads.get(draft.caseId) ?? log.version(draft.caseId)) + 1;
    heads.set(draft.caseId, version);
    if (Number.parseInt(line) !== version || log.find(draft.eventId) !== undefined) return undefined;
    drafts.push(draft);
  }
  return drafts;
}

function hasUnread(member: Subscription, { isChained, from, to }: PassMove, log: EventLog): boolean {
  if (!isChained) return false;
  return pending({ ...member, checkpoint: Math.max(from, to) }, log).next().done === false;
}
