/** The health of a store of records: its mailboxes and timers as the partitions have them, and who holds them. @module */
import { WHOLE_PARTITION } from "../../../mailbox/lease_store.ts";
import { epochOfEra } from "../../../mailbox/lease_epoch.ts";
import type { Inbox } from "../../../dead_letters.ts";
import type { FanOutHealth, Health, MailboxHealth } from "../../../health.ts";
import { inOrder } from "../../../pauses.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import type { ParkedCase } from "../../../settlement/parked_case.ts";
import { describeDurability } from "../../operations/durability.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import type { BucketContent, LeaseEntry } from "../leases/lease_bucket.ts";
import type { LogState, ProcessorState } from "../partition/log_state.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { allViews } from "../reads/all_views.ts";
import { backlogBehind } from "../reads/backlog.ts";
import type { LogReads } from "../reads/log_reads.ts";

interface HealthContext extends Pick<LogReads, "views"> {
  readonly leaseMs: number;
  readonly replicas: number;
  readonly syncAlways: boolean | undefined;
  readonly inbox: Pick<Inbox, "count">;
  fanOut(views: readonly PartitionWriter[]): Promise<FanOutHealth | undefined>;
  /** The present time of the store. */
  now(): number;
  /** The leases that have not expired, and the nodes that are alive. */
  readLeases(): Promise<Pick<BucketContent, "leases" | "nodes">>;
}

/** Deliveries, and timers, are counted up to here for each partition. */
const COUNT_UP_TO = 10_000;

export async function recordHealth(context: HealthContext): Promise<Health> {
  const { replicas, syncAlways, inbox, readLeases } = context;
  const [views, { leases, nodes }, rejected] = await Promise.all([
    allViews(context),
    readLeases(),
    inbox.count(),
  ]);
  // Before the mailboxes: the event of a timer that fires meanwhile is then counted there.
  const timers = await timersOf(views);
  const rows = views.flatMap((view) =>
    [...view.state.processors].map(([processor, state]) => ({ view, processor, state }))
  );
  const mailboxes = await mapConcurrently(READS_AT_ONCE, rows, (row) => mailboxHealth(context, leases, row));
  mailboxes.sort((a, b) =>
    a.processor < b.processor ? -1 : a.processor > b.processor ? 1 : a.partition - b.partition
  );
  const pauses = inOrder(views.flatMap(({ state }) => [...state.pauses.values()]));
  const fanOut = await context.fanOut(views);
  const copied = fanOut === undefined ? {} : { fanOut };
  return {
    ...describeDurability(replicas, syncAlways),
    ...timers,
    mailboxes,
    rejected,
    pauses,
    nodes,
    ...copied,
  };
}

async function timersOf(views: readonly PartitionWriter[]): Promise<Pick<Health, "timers" | "nextTimerAt">> {
  const found = await Promise.all(views.map(({ timers }) => timers.count(COUNT_UP_TO)));
  const first = Math.min(...found.map(({ firstAt }) => firstAt));
  return {
    timers: found.reduce((sum, { count }) => sum + count, 0),
    nextTimerAt: first === Infinity ? null : new Date(first).toISOString(),
  };
}

/** A processor in a partition. */
interface Row {
  readonly view: PartitionWriter;
  readonly processor: string;
  readonly state: ProcessorState;
}

async function mailboxHealth(
  context: HealthContext,
  leases: readonly LeaseEntry[],
  row: Row,
): Promise<MailboxHealth> {
  const { view, processor, state: { checkpoint, takes, epoch, owner, settledAt } } = row;
  const now = context.now();
  const { first, ...parked } = countParked(view.state.parkedOf(processor).values());
  const [behind, parkedSince] = await Promise.all([
    backlogBehind(view, { checkpoint, takes }),
    first === Infinity ? undefined : view.eventAt(first),
  ]);
  return {
    processor,
    partition: view.partition,
    owner: owner ?? null,
    epoch,
    leaseMs: owner === undefined ? 0 : leaseLeft(context, leases, row),
    pending: Math.min(behind.count, COUNT_UP_TO),
    oldestMs: behind.oldest === undefined ? 0 : Math.max(0, now - behind.oldest),
    sinceSettledMs: settledAt === 0 ? null : Math.max(0, now - settledAt),
    ...parked,
    parkedOldestMs: parkedSince === undefined ? 0 : Math.max(0, now - parkedSince.recordedAt),
  };
}

/** What is left of the lease under which a processor runs; of one that has expired nothing, so at most -1. */
function leaseLeft(
  { leaseMs, now }: HealthContext,
  leases: readonly LeaseEntry[],
  { view: { partition, state }, processor, state: { epoch } }: Row,
): number {
  const scope = scopeOf(state, epoch, processor);
  const lease = leases.find((each) => each.partition === partition && each.scope === scope);
  if (lease !== undefined) return leaseMs - (now() - lease.writtenAt);
  return Math.min(-1, leaseMs - (now() - state.recordedAt));
}

function scopeOf({ epoch }: LogState, its: number, processor: string): string {
  return its === epochOfEra(epoch) ? WHOLE_PARTITION : processor;
}

/** How many deliveries are parked, and the position of the first that is no dead letter; Infinity where there is none. */
function countParked(cases: Iterable<ParkedCase>) {
  const counts = { parked: 0, retrying: 0, dead: 0, first: Infinity };
  for (const { state, position } of [...cases].flat()) {
    if (state === "retry") counts.retrying++;
    if (state === "dead") counts.dead++;
    else {
      counts.parked++;
      counts.first = Math.min(counts.first, position);
    }
  }
  return counts;
}
