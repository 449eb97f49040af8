/** Dead letters: the parked cases whose head is dead, as the partitions have them. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import { parseStoredLine } from "../../../../schema/delivery_line.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetters, OperatorAction } from "../../../dead_letters.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import { deliveryLine, joinLines } from "../mailbox/fresh_batch.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import type { RecordContext } from "../store/record_context.ts";
import { actContribution, type DeadCase, deadCasesIn, type DeadLetterAct } from "./act_on_dead_letters.ts";

const DEFAULT_LIMIT = 100;

type DeadLettersContext = Pick<RecordContext, "partitions" | "clock" | "notifyOwner">;

/** A dead letter, and the partition that it is in. */
interface FoundDead {
  readonly view: PartitionWriter;
  readonly dead: DeadCase;
}

export function deadLettersOf(context: DeadLettersContext): DeadLetters {
  return {
    list: async (filter = {}) => {
      const found = (await findDead(context, filter)).slice(0, filter.limit ?? DEFAULT_LIMIT);
      return await mapConcurrently(READS_AT_ONCE, found, deadLetterOf);
    },
    count: async (filter = {}) => (await findDead(context, filter)).length,
    redrive: (filter, by) => actOn(context, "redrive", filter, by),
    discard: (filter, by) => actOn(context, "discard", filter, by),
  };
}

/** Every dead letter that matches, oldest first. */
async function findDead({ partitions }: DeadLettersContext, filter: DeadLetterFilter): Promise<FoundDead[]> {
  const all = filter.caseId === undefined
    ? Array.from({ length: partitions.count }, (_, partition) => partition)
    : [partitionOf(filter.caseId, partitions.count)];
  const found = await mapConcurrently(READS_AT_ONCE, all, async (partition) => {
    const view = await partitions.view(partition);
    return deadCasesIn(view.state, filter).map((dead) => ({ view, dead }));
  });
  return found.flat().sort((a, b) => a.dead.head.position - b.dead.head.position);
}

async function deadLetterOf({ view, dead }: FoundDead): Promise<DeadLetter> {
  const { processor, caseId, waiting, head } = dead;
  const event = await view.eventAt(head.position);
  const line = new TextDecoder().decode(joinLines([deliveryLine(event!, 0, false)]));
  return {
    processor,
    partition: view.partition,
    caseId,
    event: parseStoredLine(line),
    failures: head.failures,
    attempts: head.attempts,
    held: waiting.length - 1,
    since: new Date(head.since).toISOString(),
  };
}

async function actOn(
  context: DeadLettersContext,
  act: DeadLetterAct,
  filter: DeadLetterFilter,
  by: OperatorAction,
): Promise<number> {
  const chosen = (await findDead(context, filter)).slice(0, filter.limit ?? DEFAULT_LIMIT);
  const counts = await Promise.all(
    [...Map.groupBy(chosen, ({ view }) => view)].map(async ([view, found]) => {
      const dead = found.map((each) => each.dead);
      const count = await view.submit(actContribution(act, dead, by, () => context.clock.now()));
      if (!view.isOwner) context.notifyOwner(view.partition);
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
