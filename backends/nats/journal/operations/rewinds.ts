/** Where processors are in a store of records: where they begin, and rewinding them, by a record in each partition. @module */
import { type OperatorAction, STORE_TRAIL } from "../../../dead_letters.ts";
import { partitionOf } from "../../../../schema/partition.ts";
import { rewindEntry, type RewindProgress, type RewindResult, type Rewinds } from "../../../rewinds.ts";
import { type Beginning, beginningOf } from "../../../beginning.ts";
import type { ProcessorSpec } from "../../../mailbox/mailbox.ts";
import { beginContribution, hasWorked, unknownIn } from "../leases/beginnings.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import type { ProcessorState } from "../partition/log_state.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import type { RecordPlan } from "../partition/record_plan.ts";
import { eventPosition, everywhere, recordSequenceOf } from "../record/record.ts";
import { allViews } from "../reads/all_views.ts";
import type { RecordContext } from "../store/record_context.ts";
import { recordAct } from "./record_act.ts";

type RewindsContext = Pick<RecordContext, "partitions" | "clock" | "notifyOwner">;

/** What a processor has done in a partition from a position on. */
interface Done {
  readonly view: PartitionWriter;
  /** Its checkpoint when this was found. */
  readonly checkpoint: number;
  /** The last of it. */
  readonly last: number;
}

export function rewindsOf(context: RewindsContext): Rewinds {
  return {
    rewind: (processor, position, act) => rewind(context, processor, position, act),
    async progress(processor) {
      const views = await allViews({ views: context.partitions });
      return views.filter(({ state }) => state.processors.has(processor))
        .map(({ partition, state }) => progressOf(partition, state.processor(processor)));
    },
  };
}

function progressOf(
  partition: number,
  { checkpoint, redeliversTo = 0, differences = 0 }: ProcessorState,
): RewindProgress {
  return { partition, checkpoint, redeliversTo, differences };
}

async function rewind(
  context: RewindsContext,
  processor: string,
  position: number,
  act: OperatorAction,
): Promise<RewindResult> {
  const views = await allViews({ views: context.partitions });
  const deliveries = views.reduce((sum, view) => sum + parkedFrom(view, processor, position), 0);
  if (deliveries > 0) return { kind: "waiting", deliveries };
  let partitions = 0;
  for (const view of views) {
    const last = await lastDone(view, processor, position);
    if (last === undefined) continue;
    const { checkpoint } = view.state.processor(processor);
    await view.submit(rewindContribution(processor, position, { view, checkpoint, last }));
    if (!view.isOwner) context.notifyOwner(view.partition);
    partitions++;
  }
  await recordAct(context, rewindEntry(processor, position, act));
  const trail = partitionOf(STORE_TRAIL, context.partitions.partitions);
  if (context.partitions.ownerOf(trail) === undefined) context.notifyOwner(trail);
  return { kind: "rewound", partitions };
}

function parkedFrom({ state }: PartitionWriter, processor: string, position: number): number {
  const parked = [...state.parkedOf(processor).values()].flat();
  return parked.filter((each) => each.position >= position).length;
}

/** The last event that the processor has done, if that is at this position or behind it. */
async function lastDone(
  view: PartitionWriter,
  processor: string,
  position: number,
): Promise<number | undefined> {
  const { checkpoint, takes, redeliversTo = 0 } = view.state.processor(processor);
  if (checkpoint < position) return undefined;
  let last = checkpoint < redeliversTo ? redeliversTo : undefined;
  const records = view.recordsBehind(Math.max(0, recordSequenceOf(position) - 1), everywhere(takes));
  for await (const { sequence, record } of records) {
    if (eventPosition(sequence, 0) > checkpoint) break;
    if (record.kind === "malformed") continue;
    for (const { index, type } of record.events) {
      const at = eventPosition(sequence, index);
      if (at >= position && at <= checkpoint && takes.includes(type)) last = Math.max(last ?? 0, at);
    }
  }
  return last;
}

/** Under another epoch, so that nothing of before is settled. What was done since it was looked at is handed out again as well. */
function rewindContribution(
  processor: string,
  position: number,
  { checkpoint, last }: Done,
): Contribution<void> {
  const addTo = (plan: RecordPlan) => {
    plan.claim(processor);
    const { checkpoint: from, epoch } = plan.state.processor(processor);
    const redeliversTo = from === checkpoint ? last : from;
    plan.moves.push({ name: processor, from, to: position - 1, epoch: epoch + 1, redeliversTo });
    return Promise.resolve(() => {});
  };
  return { size: { events: 0, bytes: 0 }, addTo };
}

/** See `MailboxSource.register`. What has worked is looked at by partition. */
export async function registerProcessors(
  context: Pick<RecordContext, "partitions" | "notifyOwner" | "reads"> & {
    registered: RecordContext["registered"];
  },
  processors: readonly ProcessorSpec[],
): Promise<void> {
  const beginnings = processors.map(beginningOf);
  context.registered = processors.map(({ name, takes }) => ({ name, takes }));
  for (const view of await allViews({ views: context.partitions })) {
    const added = hasWorked(view.state) ? unknownIn(view.state, processors) : [];
    if (added.length === 0) continue;
    const beginning = await Promise.all(added.map(async ({ name, takes }) => {
      const after = await lastBefore(
        context,
        beginnings[processors.findIndex((each) => each.name === name)]!,
      );
      return { name, takes, after };
    }));
    await view.submit(beginContribution(beginning));
    if (!view.isOwner) context.notifyOwner(view.partition);
  }
}

/** The last position that a processor with this beginning is not handed; undefined: whatever there is. */
async function lastBefore(
  { reads }: Pick<RecordContext, "reads">,
  beginning: Beginning,
): Promise<number | undefined> {
  if (beginning.kind !== "time") return beginning.kind === "now" ? undefined : 0;
  const fromTime = new Date(beginning.at).toISOString();
  for await (const { position } of reads.readAll({ fromTime })) return position - 1;
  return undefined;
}
