/** Dead letters: parked deliveries that were given up, of all partitions. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import type { DeadLetter, DeadLetterFilter } from "../../../dead_letters.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import type { ParkedCase, ParkedDelivery } from "../../../settlement/parked_case.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { allViews } from "./all_views.ts";
import type { LogReads } from "./log_reads.ts";
import { storedEventOf } from "./read_events.ts";

const DEFAULT_LIMIT = 100;

/** A delivery that was given up, and what is parked beside it. */
interface DeadDelivery {
  readonly processor: string;
  readonly partition: number;
  readonly caseId: string;
  readonly waiting: ParkedCase;
  readonly dead: ParkedDelivery;
}

/** The dead letters that match, oldest first, at most `limit`. */
export async function listDeadLetters(
  reads: Pick<LogReads, "views">,
  filter: DeadLetterFilter = {},
): Promise<DeadLetter[]> {
  const views = await chosenViews(reads, filter);
  const byPartition = new Map(views.map((view) => [view.partition, view]));
  const found = deadIn(views, filter).slice(0, filter.limit ?? DEFAULT_LIMIT);
  return await mapConcurrently(
    READS_AT_ONCE,
    found,
    (each) => deadLetterOf(byPartition.get(each.partition)!, each),
  );
}

export async function countDeadLetters(
  reads: Pick<LogReads, "views">,
  filter: DeadLetterFilter = {},
): Promise<number> {
  return deadIn(await chosenViews(reads, filter), filter).length;
}

/** What an act with this filter concerns, oldest first, at most `limit`. */
export async function findDeadLetters(
  reads: Pick<LogReads, "views">,
  filter: DeadLetterFilter,
): Promise<DeadDelivery[]> {
  return deadIn(await chosenViews(reads, filter), filter).slice(0, filter.limit ?? DEFAULT_LIMIT);
}

async function chosenViews(
  { views }: Pick<LogReads, "views">,
  { caseId }: DeadLetterFilter,
): Promise<PartitionWriter[]> {
  if (caseId === undefined) return await allViews({ views });
  return [await views.view(partitionOf(caseId, views.partitions))];
}

/** Those in the partitions that match, oldest first. */
function deadIn(
  views: readonly Pick<PartitionWriter, "partition" | "state">[],
  filter: DeadLetterFilter,
): DeadDelivery[] {
  return views.flatMap(({ partition, state }) =>
    [...state.parked()].flatMap(({ processor, caseId, waiting }) =>
      waiting.filter(({ state }) => state === "dead")
        .map((dead): DeadDelivery => ({ processor, partition, caseId, waiting, dead }))
    )
  ).filter((each) => matches(each, filter)).sort((a, b) => a.dead.position - b.dead.position);
}

function matches(found: DeadDelivery, { processor, caseId, position }: DeadLetterFilter): boolean {
  return (processor === undefined || processor === found.processor) &&
    (caseId === undefined || caseId === found.caseId) &&
    (position === undefined || position === found.dead.position);
}

async function deadLetterOf(
  view: PartitionWriter,
  { processor, partition, caseId, waiting, dead }: DeadDelivery,
): Promise<DeadLetter> {
  const { position, failures, attempts, since } = dead;
  const event = await view.eventAt(position);
  if (event === undefined) throw new Error(`The event at position ${position} is gone from the log`);
  return {
    processor,
    partition,
    caseId,
    event: storedEventOf(event),
    failures,
    attempts,
    held: waiting.length - 1 - waiting.indexOf(dead),
    since: new Date(since).toISOString(),
  };
}
