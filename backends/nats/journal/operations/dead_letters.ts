/** Dead letters of a store of records. @module */
import type { DeadLetterFilter, DeadLetters, OperatorAction } from "../../../dead_letters.ts";
import type { RecordContext } from "../store/record_context.ts";
import { actContribution, type DeadLetterAct } from "./act_on_dead_letters.ts";

type DeadLettersContext = Pick<RecordContext, "partitions" | "reads" | "clock" | "notifyOwner">;

export function deadLettersOf(context: DeadLettersContext): DeadLetters {
  const { reads } = context;
  return {
    list: (filter) => reads.listDeadLetters(filter),
    count: (filter) => reads.countDeadLetters(filter),
    redrive: (filter, by) => actOn(context, "redrive", filter, by),
    discard: (filter, by) => actOn(context, "discard", filter, by),
  };
}

/** Acts in each partition by one record. */
async function actOn(
  context: DeadLettersContext,
  act: DeadLetterAct,
  filter: DeadLetterFilter,
  by: OperatorAction,
): Promise<number> {
  const { reads, partitions, clock } = context;
  const found = Map.groupBy(await reads.findDeadLetters(filter), ({ partition }) => partition);
  const counts = await Promise.all([...found].map(async ([partition, its]) => {
    const view = await partitions.view(partition);
    const count = await view.submit(actContribution(act, its, by, () => clock.now()));
    if (!view.isOwner) context.notifyOwner(partition);
    return count;
  }));
  return counts.reduce((sum, count) => sum + count, 0);
}
