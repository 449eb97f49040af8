/** Dead letters and parked deliveries of a store of records. @module */
import type {
  DeadLetterFilter,
  DeadLetters,
  OperatorAction,
  ParkedDeliveries,
} from "../../../dead_letters.ts";
import type { RecordContext } from "../store/record_context.ts";
import { actContribution, type DeliveryAct } from "./act_on_dead_letters.ts";

type DeadLettersContext = Pick<RecordContext, "partitions" | "reads" | "clock" | "notifyOwner">;

export function deadLettersOf(context: DeadLettersContext): DeadLetters {
  const { reads } = context;
  return {
    list: (filter) => reads.listDeadLetters(filter),
    count: (filter) => reads.countStopped("dead", filter),
    redrive: (filter, by) => actOn(context, "redrive", filter, by),
    discard: (filter, by) => actOn(context, "discard", filter, by),
  };
}

export function parkedOf(context: DeadLettersContext): ParkedDeliveries {
  const { reads } = context;
  return {
    list: (filter) => reads.listParked(filter),
    count: (filter) => reads.countStopped("retry", filter),
    retry: (filter, by) => actOn(context, "retry_now", filter, by),
  };
}

/** Acts in each partition by one record. */
async function actOn(
  context: DeadLettersContext,
  act: DeliveryAct,
  filter: DeadLetterFilter,
  by: OperatorAction,
): Promise<number> {
  const { reads, partitions, clock } = context;
  const state = act === "retry_now" ? "retry" : "dead";
  const found = Map.groupBy(await reads.findStopped(state, filter), ({ partition }) => partition);
  const counts = await Promise.all([...found].map(async ([partition, its]) => {
    const view = await partitions.view(partition);
    const count = await view.submit(actContribution(act, its, by, () => clock.now()));
    if (!view.isOwner) context.notifyOwner(partition);
    return count;
  }));
  return counts.reduce((sum, count) => sum + count, 0);
}
