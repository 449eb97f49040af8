/** How the mailboxes of a store stand. @module */
import { leaseBucket, textOf, token } from "../../schema/nats.ts";
import { timeOf } from "./timer_message.ts";
import type { Health, MailboxHealth } from "../backend.ts";
import { inOrder } from "./delivering.ts";
import { filterConfig } from "./feed.ts";
import { type Found, readLasts, readNext, readSubject, readWhole } from "./direct.ts";
import type { Checkpoint } from "./fence.ts";
import { parkedCaseOf } from "./parked_cases.ts";
import type { Parts } from "./parts.ts";

export interface HealthOptions {
  readonly parts: Parts;
  readonly leaseMs: number;
  readonly durability: Pick<Health, "durability" | "survivesPowerFailure">;
}

const COUNT_UP_TO = 10_000;

export async function health({ parts, leaseMs, durability }: HealthOptions): Promise<Health> {
  const { client, stream, subjects } = parts;
  const [checkpoints, parked] = await Promise.all([
    readWhole(client, stream, subjects.checkpoints()),
    readWhole(client, stream, subjects.parkedCases()),
  ]);
  const waiting = countWaiting(parked);
  const mailboxes = await inOrder(checkpoints, (found) => mailboxHealth(parts, leaseMs, found, waiting));
  mailboxes.sort((a, b) =>
    a.processor < b.processor ? -1 : a.processor > b.processor ? 1 : a.partition - b.partition
  );
  return { ...durability, ...await readTimers(parts), mailboxes };
}

/** One that was cancelled or has fired leaves word of it for a while. */
async function readTimers(
  { client, stream, subjects }: Parts,
): Promise<Pick<Health, "timers" | "nextTimerAt">> {
  let timers = 0;
  let next = Infinity;
  for await (const { deleted, payload } of readSubject(client, stream, subjects.timers())) {
    if (deleted) continue;
    timers++;
    next = Math.min(next, timeOf(payload));
  }
  return { timers, nextTimerAt: timers === 0 ? null : new Date(next).toISOString() };
}

interface Counts {
  parked: number;
  retrying: number;
  dead: number;
}

/** Parked deliveries by `processor.partition`. */
function countWaiting(parked: readonly Found[]): Map<string, Counts> {
  const counts = new Map<string, Counts>();
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

async function mailboxHealth(
  parts: Parts,
  leaseMs: number,
  found: Found,
  waiting: ReadonlyMap<string, Counts>,
): Promise<MailboxHealth> {
  const [, , name, number] = found.subject.split(".") as [string, string, string, string];
  const now = parts.clock.now();
  const { epoch, checkpoint, owner, takes, settledAt }: Checkpoint = JSON.parse(found.payload);
  const partition = Number(number);
  const behind = await pendingOf(parts, partition, takes, checkpoint);
  return {
    processor: textOf(name),
    partition,
    owner,
    epoch,
    leaseMs: owner === null ? 0 : await leaseLeft(parts, name, partition, leaseMs, found),
    pending: behind.count,
    oldestMs: behind.oldest === undefined ? 0 : Math.max(0, now - behind.oldest),
    sinceSettledMs: settledAt === null ? null : Math.max(0, now - settledAt),
    ...waiting.get(`${name}.${number}`) ?? { parked: 0, retrying: 0, dead: 0 },
  };
}

/** Of a lease that has run out only its end is known: nothing of it is left but who had it. */
async function leaseLeft(
  { client, stream, clock }: Parts,
  processor: string,
  partition: number,
  leaseMs: number,
  checkpoint: Found,
): Promise<number> {
  const bucket = leaseBucket(stream);
  const [lease] = await readLasts(client, `KV_${bucket}`, [`$KV.${bucket}.lease.${processor}.${partition}`]);
  const since = lease === undefined || lease.deleted ? checkpoint.recordedAt : lease.recordedAt;
  const left = leaseMs - (clock.now() - since);
  return lease === undefined || lease.deleted ? Math.min(left, -1) : left;
}

/** How many deliveries are behind a checkpoint, and when the first of them was stored. */
async function pendingOf(
  { client, stream, subjects }: Parts,
  partition: number,
  takes: readonly string[],
  checkpoint: number,
): Promise<{ count: number; oldest: number | undefined }> {
  const filters = takes.map((type) => subjects.feed(partition, type));
  const nexts = await Promise.all(filters.map((filter) => readNext(client, stream, filter, checkpoint + 1)));
  const times = nexts.filter((next) => next !== undefined).map(({ recordedAt }) => recordedAt);
  if (times.length === 0) return { count: 0, oldest: undefined };
  return { count: await countPending(client, stream, filters, checkpoint), oldest: Math.min(...times) };
}

let counters = 0;
const node = token(crypto.randomUUID().slice(0, 8));

async function countPending(client: Parts["client"], stream: string, filters: string[], after: number) {
  const groups = client.isPlain ? filters.map((filter) => [filter]) : [filters];
  const counts = await Promise.all(groups.map((group) => countUnder(client, stream, group, after)));
  return Math.min(counts.reduce((sum, count) => sum + count, 0), COUNT_UP_TO);
}

/** The server counts when a consumer is made. */
async function countUnder(client: Parts["client"], stream: string, filters: string[], after: number) {
  const name = `zs-count-${node}-${++counters}`;
  const config = {
    name,
    ack_policy: "none",
    deliver_policy: "by_start_sequence",
    opt_start_seq: after + 1,
    ...filterConfig(filters),
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
