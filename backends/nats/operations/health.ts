/** How the mailboxes of a store stand. @module */
import { leaseBucket, textOf, token } from "../../../schema/nats.ts";
import type { TimerIndex } from "./timer_index.ts";
import { timeOf } from "../mailbox/timer_message.ts";
import type { Health, MailboxHealth } from "../../health.ts";
import { inOrder } from "../mailbox/batch_lines.ts";
import type { Backlog } from "../stream/ordered_reader.ts";
import { readAllOf, readNext, readSubject, type StreamMessage } from "../stream/direct_get.ts";
import type { Checkpoint } from "../mailbox/checkpoint.ts";
import type { NatsMailbox } from "../mailbox/nats_mailbox.ts";
import { parkedCaseOf } from "../mailbox/parked_cases.ts";
import type { NatsContext } from "../context.ts";

interface HealthContext {
  readonly context: NatsContext;
  readonly leaseMs: number;
  readonly durability: Pick<Health, "durability" | "survivesPowerFailure">;
  /** The mailboxes that this node has, and the timers as it follows them: it knows without asking for all. */
  readonly mailboxes: ReadonlySet<NatsMailbox>;
  readonly timers: TimerIndex | undefined;
}

const COUNT_UP_TO = 10_000;

export async function health(options: HealthContext): Promise<Health> {
  const { context, durability } = options;
  const { client, stream, subjects } = context;
  const bucket = leaseBucket(stream);
  // The checkpoints first: what is behind them is counted later, so that what moves on meanwhile is counted rather twice
  // than not at all.
  const [checkpoints, parked, leases] = await Promise.all([
    readAllOf(client, stream, subjects.checkpoints()),
    readAllOf(client, stream, subjects.parkedCases()),
    readAllOf(client, `KV_${bucket}`, `$KV.${bucket}.lease.>`),
  ]);
  const store: HealthSnapshot = { ...options, parkedCounts: countParked(parked), leases: byMailbox(leases) };
  // Before the mailboxes: the event of one that fires meanwhile is then counted there.
  const timers = await timerHealth(options);
  const mailboxes = await inOrder(checkpoints, (found) => mailboxHealth(store, found));
  mailboxes.sort((a, b) =>
    a.processor < b.processor ? -1 : a.processor > b.processor ? 1 : a.partition - b.partition
  );
  return { ...durability, ...timers, mailboxes };
}

/** What was read at once for all mailboxes, each by `processor.partition`. */
interface HealthSnapshot extends HealthContext {
  readonly parkedCounts: ReadonlyMap<string, ParkedCounts>;
  readonly leases: ReadonlyMap<string, StreamMessage>;
}

function byMailbox(leases: readonly StreamMessage[]): Map<string, StreamMessage> {
  return new Map(leases.map((lease) => [lease.subject.split(".").slice(-2).join("."), lease]));
}

async function timerHealth(
  { context, timers }: HealthContext,
): Promise<Pick<Health, "timers" | "nextTimerAt">> {
  if (timers === undefined) return await readTimers(context);
  await timers.follow();
  return { timers: timers.count, nextTimerAt: dateOf(timers.nextAt) };
}

/** One that was cancelled or has fired leaves word of it for a while. */
async function readTimers({ client, stream, subjects }: NatsContext) {
  let timers = 0;
  let next = Infinity;
  for await (const { deleted, payload } of readSubject(client, stream, subjects.timers())) {
    if (deleted) continue;
    timers++;
    next = Math.min(next, timeOf(payload));
  }
  return { timers, nextTimerAt: dateOf(next) };
}

function dateOf(time: number): string | null {
  return time === Infinity ? null : new Date(time).toISOString();
}

interface ParkedCounts {
  parked: number;
  retrying: number;
  dead: number;
}

/** Parked deliveries by `processor.partition`. */
function countParked(parked: readonly StreamMessage[]): Map<string, ParkedCounts> {
  const counts = new Map<string, ParkedCounts>();
  for (const found of parked) {
    if (found.deleted) continue;
    const key = found.subject.split(".").slice(2, 4).join(".");
    const count = counts.get(key) ?? { parked: 0, retrying: 0, dead: 0 };
    for (const { state } of parkedCaseOf(found).waiting) {
      if (state === "dead") count.dead++;
      else count.parked++;
      if (state === "retry") count.retrying++;
    }
    counts.set(key, count);
  }
  return counts;
}

async function mailboxHealth(store: HealthSnapshot, found: StreamMessage): Promise<MailboxHealth> {
  const [, , name, number] = found.subject.split(".") as [string, string, string, string];
  const now = store.context.clock.now();
  const checkpoint: Checkpoint = JSON.parse(found.payload);
  const { epoch, owner, settledAt } = checkpoint;
  const processor = textOf(name);
  const partition = Number(number);
  const behind = await pendingOf(store, processor, partition, checkpoint);
  return {
    processor,
    partition,
    owner,
    epoch,
    leaseMs: owner === null ? 0 : leaseLeft(store, found, store.leases.get(`${name}.${number}`)),
    pending: Math.min(behind.count, COUNT_UP_TO),
    oldestMs: behind.oldest === undefined ? 0 : Math.max(0, now - behind.oldest),
    sinceSettledMs: settledAt === null ? null : Math.max(0, now - settledAt),
    ...store.parkedCounts.get(`${name}.${number}`) ?? { parked: 0, retrying: 0, dead: 0 },
  };
}

/** Of a lease that has run out only its end is known: nothing of it is left but who had it. */
function leaseLeft(
  { context, leaseMs }: HealthSnapshot,
  checkpoint: StreamMessage,
  lease: StreamMessage | undefined,
): number {
  const since = lease === undefined || lease.deleted ? checkpoint.recordedAt : lease.recordedAt;
  const left = leaseMs - (context.clock.now() - since);
  return lease === undefined || lease.deleted ? Math.min(left, -1) : left;
}

/** How many deliveries are behind a checkpoint, and when the first of them was stored. */
async function pendingOf(
  { context, mailboxes }: HealthSnapshot,
  processor: string,
  partition: number,
  { checkpoint, takes }: Checkpoint,
): Promise<Backlog> {
  const own = mailboxes.values().find((each) => each.processor === processor && each.partition === partition);
  const known = await own?.backlogBehind(checkpoint);
  if (known !== undefined) return known;
  const { client, stream, subjects } = context;
  const filters = takes.map((type) => subjects.feed(partition, type));
  const count = await countPending(client, stream, filters, checkpoint);
  if (count === 0) return { count, oldest: undefined };
  const nexts = await Promise.all(filters.map((filter) => readNext(client, stream, filter, checkpoint + 1)));
  const times = nexts.filter((next) => next !== undefined).map(({ recordedAt }) => recordedAt);
  return times.length === 0 ? { count: 0, oldest: undefined } : { count, oldest: Math.min(...times) };
}

let counters = 0;
const node = token(crypto.randomUUID().slice(0, 8));

/** The server counts when a consumer is made. */
async function countPending(client: NatsContext["client"], stream: string, filters: string[], after: number) {
  const name = `zs-count-${node}-${++counters}`;
  const config = {
    name,
    ack_policy: "none",
    deliver_policy: "by_start_sequence",
    opt_start_seq: after + 1,
    filter_subjects: filters,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: 5_000_000_000,
  };
  const body = { stream_name: stream, config, action: "create" };
  const { num_pending } = await client.api<{ num_pending: number }>(
    `CONSUMER.CREATE.${stream}.${name}`,
    body,
  );
  await client.api(`CONSUMER.DELETE.${stream}.${name}`);
  return num_pending;
}
