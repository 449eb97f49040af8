/** The health of a store: its mailboxes, timers, rejected events and durability. @module */
import { leaseBucket, textOf } from "../../../schema/nats.ts";
import type { TimerIndex } from "./timer_index.ts";
import { timeOf } from "../mailbox/timer_message.ts";
import type { Health, MailboxHealth } from "../../health.ts";
import { mapConcurrently } from "../../primitives/concurrency.ts";
import { createConsumer, deleteConsumer } from "../stream/ephemeral_consumer.ts";
import { describeDurability } from "./durability.ts";
import type { Inbox } from "../../dead_letters.ts";
import type { Backlog } from "../stream/ordered_reader.ts";
import {
  readAllOf,
  readAt,
  readNext,
  READS_AT_ONCE,
  readSubject,
  type StreamMessage,
} from "../stream/direct_get.ts";
import type { Checkpoint } from "../mailbox/checkpoint.ts";
import type { NatsMailbox } from "../mailbox/nats_mailbox.ts";
import { parkedCaseOf } from "../mailbox/parked_cases.ts";
import type { NatsContext } from "../context.ts";

interface HealthContext extends Pick<NatsContext, "client" | "stream" | "subjects" | "clock"> {
  readonly replicas: number;
  readonly leaseMs: number;
  readonly syncAlways: boolean | undefined;
  readonly inbox: Inbox;
  /** The mailboxes of this node, and the timers if it follows them: their state is known without reading it. */
  readonly mailboxes: ReadonlySet<NatsMailbox>;
  readonly timers: TimerIndex | undefined;
}

const COUNT_UP_TO = 10_000;
const COUNTER_IDLE_MS = 5_000;

export async function health(context: HealthContext): Promise<Health> {
  const { client, stream, subjects, clock, inbox, replicas, syncAlways } = context;
  const bucket = leaseBucket(stream);
  await clock.measure();
  const rejected = await inbox.count();
  // The checkpoints before what is behind them: a delivery that moves on meanwhile is counted twice rather than not at all.
  const [checkpoints, parked, leases] = await Promise.all([
    readAllOf(client, stream, subjects.checkpoints()),
    readAllOf(client, stream, subjects.parkedCases()),
    readAllOf(client, `KV_${bucket}`, `$KV.${bucket}.lease.>`),
  ]);
  const snapshot: HealthSnapshot = {
    ...context,
    parkedCounts: countParked(parked),
    leases: byMailbox(leases),
  };
  // Before the mailboxes: the event of a timer that fires meanwhile is then counted there.
  const timers = await timerHealth(context);
  const mailboxes = await mapConcurrently(
    READS_AT_ONCE,
    checkpoints,
    (found) => mailboxHealth(snapshot, found),
  );
  mailboxes.sort((a, b) =>
    a.processor < b.processor ? -1 : a.processor > b.processor ? 1 : a.partition - b.partition
  );
  return { ...describeDurability(replicas, syncAlways), ...timers, mailboxes, rejected };
}

/** What is read once for all mailboxes, by `processor.partition`. */
interface HealthSnapshot extends HealthContext {
  readonly parkedCounts: ReadonlyMap<string, ParkedCounts>;
  readonly leases: ReadonlyMap<string, StreamMessage>;
}

function byMailbox(leases: readonly StreamMessage[]): Map<string, StreamMessage> {
  return new Map(leases.map((lease) => [lease.subject.split(".").slice(-2).join("."), lease]));
}

async function timerHealth(
  context: HealthContext,
): Promise<Pick<Health, "timers" | "nextTimerAt">> {
  const { timers } = context;
  if (timers === undefined) return await readTimers(context);
  await timers.follow();
  return { timers: timers.count, nextTimerAt: dateOf(timers.nextAt) };
}

/** Reads the timers; one that was cancelled or has fired leaves an empty message for a while. */
async function readTimers({ client, stream, subjects }: HealthContext) {
  let timers = 0;
  let next = Infinity;
  for await (const { deleted, payload } of readSubject(client, stream, subjects.timers())) {
    const at = timeOf(payload);
    if (deleted || Number.isNaN(at)) continue;
    timers++;
    next = Math.min(next, at);
  }
  return { timers, nextTimerAt: dateOf(next) };
}

function dateOf(time: number): string | null {
  return time === Infinity ? null : new Date(time).toISOString();
}

interface ParkedCounts {
  parked: number;
  /** The position of the first of them; Infinity when there is none. */
  first: number;
  retrying: number;
  dead: number;
}

const NOTHING_PARKED: ParkedCounts = { parked: 0, first: Infinity, retrying: 0, dead: 0 };

/** Parked deliveries by `processor.partition`. */
function countParked(parked: readonly StreamMessage[]): Map<string, ParkedCounts> {
  const counts = new Map<string, ParkedCounts>();
  for (const found of parked) {
    if (found.deleted) continue;
    const key = found.subject.split(".").slice(2, 4).join(".");
    const count = counts.get(key) ?? { ...NOTHING_PARKED };
    for (const { state, position } of parkedCaseOf(found).waiting) {
      if (state === "retry") count.retrying++;
      if (state === "dead") count.dead++;
      else {
        count.parked++;
        count.first = Math.min(count.first, position);
      }
    }
    counts.set(key, count);
  }
  return counts;
}

async function mailboxHealth(snapshot: HealthSnapshot, found: StreamMessage): Promise<MailboxHealth> {
  const [, , name, number] = found.subject.split(".") as [string, string, string, string];
  const now = snapshot.clock.now();
  const checkpoint: Checkpoint = JSON.parse(found.payload);
  const { epoch, owner, settledAt } = checkpoint;
  const processor = textOf(name);
  const partition = Number(number);
  const { first, ...parked } = snapshot.parkedCounts.get(`${name}.${number}`) ?? NOTHING_PARKED;
  const [behind, parkedSince = now] = await Promise.all([
    pendingOf(snapshot, processor, partition, checkpoint),
    recordedAt(snapshot, first),
  ]);
  return {
    processor,
    partition,
    owner,
    epoch,
    leaseMs: owner === null ? 0 : leaseLeft(snapshot, found, snapshot.leases.get(`${name}.${number}`)),
    pending: Math.min(behind.count, COUNT_UP_TO),
    oldestMs: behind.oldest === undefined ? 0 : Math.max(0, now - behind.oldest),
    sinceSettledMs: settledAt === null ? null : Math.max(0, now - settledAt),
    ...parked,
    parkedOldestMs: Math.max(0, now - parkedSince),
  };
}

/** When the event at a position was stored; undefined for none. */
async function recordedAt(
  { client, stream }: HealthSnapshot,
  position: number,
): Promise<number | undefined> {
  return position === Infinity ? undefined : (await readAt(client, stream, position))?.recordedAt;
}

/** What is left of a lease; of an expired one nothing is left but its owner in the checkpoint, so at most -1. */
function leaseLeft(
  { clock, leaseMs }: HealthSnapshot,
  checkpoint: StreamMessage,
  lease: StreamMessage | undefined,
): number {
  const since = lease === undefined || lease.deleted ? checkpoint.recordedAt : lease.recordedAt;
  const left = leaseMs - (clock.now() - since);
  return lease === undefined || lease.deleted ? Math.min(left, -1) : left;
}

/** How many deliveries are behind a checkpoint, and when the first of them was stored. */
async function pendingOf(
  { client, stream, subjects, mailboxes }: HealthSnapshot,
  processor: string,
  partition: number,
  { checkpoint, takes }: Checkpoint,
): Promise<Backlog> {
  const own = mailboxes.values().find((each) => each.processor === processor && each.partition === partition);
  const known = await own?.backlogBehind(checkpoint);
  if (known !== undefined) return known;
  const filters = takes.map((type) => subjects.feed(partition, type));
  // The server counts the pending messages when a consumer is created.
  const { name, num_pending: count } = await createConsumer(
    client,
    stream,
    filters,
    checkpoint,
    COUNTER_IDLE_MS,
  );
  await deleteConsumer(client, stream, name);
  if (count === 0) return { count, oldest: undefined };
  const nexts = await Promise.all(filters.map((filter) => readNext(client, stream, filter, checkpoint + 1)));
  const times = nexts.filter((next) => next !== undefined).map(({ recordedAt }) => recordedAt);
  return times.length === 0 ? { count: 0, oldest: undefined } : { count, oldest: Math.min(...times) };
}
