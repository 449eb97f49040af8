/** Deliveries behind which a case waits, given up or tried again, of all partitions. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import type { DeadLetter, DeadLetterFilter, ParkedHead, StoppedDelivery } from "../../../dead_letters.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import type { ParkedCase, ParkedDelivery } from "../../../settlement/parked_case.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { allViews } from "./all_views.ts";
import type { LogReads } from "./log_reads.ts";
import { storedEventOf } from "./read_events.ts";

const DEFAULT_LIMIT = 100;

/** `dead` waits for a person, `retry` for its time. */
export type StoppedState = Exclude<ParkedDelivery["state"], "held">;

/** A delivery behind which its case waits, and what is parked beside it. */
interface FoundDelivery {
  readonly processor: string;
  readonly partition: number;
  readonly caseId: string;
  readonly waiting: ParkedCase;
  readonly delivery: ParkedDelivery;
}

/** The dead letters that match, oldest first, at most `limit`. */
export function listDeadLetters(
  reads: Pick<LogReads, "views">,
  filter: DeadLetterFilter = {},
): Promise<DeadLetter[]> {
  return list(reads, "dead", filter, (delivery) => delivery);
}

/** The deliveries that are tried again and match, oldest first, at most `limit`. */
export function listParked(
  reads: Pick<LogReads, "views">,
  filter: DeadLetterFilter = {},
): Promise<ParkedHead[]> {
  const due = (delivery: StoppedDelivery, { dueAt }: ParkedDelivery) => ({
    ...delivery,
    dueAt: new Date(dueAt).toISOString(),
  });
  return list(reads, "retry", filter, due);
}

async function list<D>(
  reads: Pick<LogReads, "views">,
  state: StoppedState,
  filter: DeadLetterFilter,
  shownAs: (delivery: StoppedDelivery, parked: ParkedDelivery) => D,
): Promise<D[]> {
  const views = await chosenViews(reads, filter);
  const byPartition = new Map(views.map((view) => [view.partition, view]));
  const found = stoppedIn(views, state, filter).slice(0, filter.limit ?? DEFAULT_LIMIT);
  const read = async (each: FoundDelivery) =>
    shownAs(await deliveryOf(byPartition.get(each.partition)!, each), each.delivery);
  return await mapConcurrently(READS_AT_ONCE, found, read);
}

export async function countStopped(
  reads: Pick<LogReads, "views">,
  state: StoppedState,
  filter: DeadLetterFilter = {},
): Promise<number> {
  return stoppedIn(await chosenViews(reads, filter), state, filter).length;
}

/** What an act with this filter concerns, oldest first, at most `limit`. */
export async function findStopped(
  reads: Pick<LogReads, "views">,
  state: StoppedState,
  filter: DeadLetterFilter,
): Promise<FoundDelivery[]> {
  return stoppedIn(await chosenViews(reads, filter), state, filter).slice(0, filter.limit ?? DEFAULT_LIMIT);
}

async function chosenViews(
  { views }: Pick<LogReads, "views">,
  { caseId }: DeadLetterFilter,
): Promise<PartitionWriter[]> {
  if (caseId === undefined) return await allViews({ views });
  return [await views.view(partitionOf(caseId, views.partitions))];
}

/** Those in the partitions that match, oldest first. */
function stoppedIn(
  views: readonly Pick<PartitionWriter, "partition" | "state">[],
  wanted: StoppedState,
  filter: DeadLetterFilter,
): FoundDelivery[] {
  return views.flatMap(({ partition, state }) =>
    [...state.parked()].flatMap(({ processor, caseId, waiting }) =>
      waiting.filter(({ state }) => state === wanted)
        .map((delivery): FoundDelivery => ({ processor, partition, caseId, waiting, delivery }))
    )
  ).filter((each) => matches(each, filter)).sort((a, b) => a.delivery.position - b.delivery.position);
}

function matches(found: FoundDelivery, { processor, caseId, position }: DeadLetterFilter): boolean {
  return (processor === undefined || processor === found.processor) &&
    (caseId === undefined || caseId === found.caseId) &&
    (position === undefined || position === found.delivery.position);
}

async function deliveryOf(
  view: PartitionWriter,
  { processor, partition, caseId, waiting, delivery }: FoundDelivery,
): Promise<StoppedDelivery> {
  const { position, failures, attempts, since } = delivery;
  const event = await view.eventAt(position);
  if (event === undefined) throw new Error(`The event at position ${position} is gone from the log`);
  return {
    processor,
    partition,
    caseId,
    event: storedEventOf(event),
    failures,
    attempts,
    held: waiting.length - 1 - waiting.indexOf(delivery),
    since: new Date(since).toISOString(),
  };
}
