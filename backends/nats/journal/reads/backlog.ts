/** What waits behind a checkpoint: a difference of two counts, and the first of it by halves of the log. @module */
import type { ProcessorState } from "../partition/log_state.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { indexOf, recordSequenceOf, type StoredRecord } from "../record/record.ts";

/** Deliveries behind a checkpoint, and when the first of them was stored; undefined for none. */
interface Backlog {
  readonly count: number;
  readonly oldest: number | undefined;
}

type BacklogView = Pick<PartitionWriter, "state" | "recordAt" | "nextRecord">;
type Counts = Readonly<Record<string, number>>;

export async function backlogBehind(
  view: BacklogView,
  { checkpoint, takes }: Pick<ProcessorState, "checkpoint" | "takes">,
): Promise<Backlog> {
  const { state } = view;
  const sequence = recordSequenceOf(checkpoint);
  const record = sequence === 0 ? undefined : await view.recordAt(sequence);
  const isRecord = record?.kind === "record";
  const beside = isRecord
    ? record.events.filter(({ index, type }) => index > indexOf(checkpoint) && takes.includes(type)).length
    : 0;
  const before = isRecord ? sumOf(record.head.counts, takes) : 0;
  const count = sumOf(state.counts, takes) - before + beside;
  if (count <= 0) return NONE;
  if (isRecord && beside > 0) return { count, oldest: record.head.recordedAt };
  return { count, oldest: await firstAbove(view, sequence, before, takes) };
}

/** The same behind a position of the whole log; of all types, where none are named. */
export async function backlogAfter(
  view: BacklogView,
  position: number,
  types: readonly string[] = Object.keys(view.state.counts),
): Promise<Backlog> {
  const sequence = recordSequenceOf(position);
  if (view.state.last < sequence) return NONE;
  const next = await view.nextRecord(sequence - 1);
  if (next === undefined || next.record.kind === "malformed") return NONE;
  const { head, events } = next.record;
  const first = next.sequence === sequence ? indexOf(position) + 1 : 0;
  const within = events.filter(({ index, type }) => index >= first && types.includes(type)).length;
  const before = sumOf(head.counts, types);
  const count = sumOf(view.state.counts, types) - before + within;
  if (count <= 0) return NONE;
  if (within > 0) return { count, oldest: head.recordedAt };
  return { count, oldest: await firstAbove(view, next.sequence, before, types) };
}

const NONE: Backlog = { count: 0, oldest: undefined };

function sumOf(counts: Counts, types: readonly string[]): number {
  return types.reduce((sum, type) => sum + (counts[type] ?? 0), 0);
}

/** When the first record behind a sequence was stored that has more events of these types than were counted there. */
async function firstAbove(
  view: BacklogView,
  sequence: number,
  counted: number,
  types: readonly string[],
): Promise<number> {
  let oldest = view.state.recordedAt;
  // It is between these two, the first one left out. Mostly it is the very next.
  for (let [low, high, middle] = [sequence, view.state.last, sequence]; low < high;) {
    const found = await view.nextRecord(middle);
    if (found === undefined || found.sequence > high) high = middle;
    else if (hasMore(found, counted, types)) {
      oldest = recordedAtOf(found) ?? oldest;
      high = middle;
    } else low = found.sequence;
    middle = Math.floor((low + high) / 2);
  }
  return oldest;
}

function hasMore({ record }: StoredRecord, counted: number, types: readonly string[]): boolean {
  return record.kind === "record" && sumOf(record.head.counts, types) > counted;
}

function recordedAtOf({ record }: StoredRecord): number | undefined {
  return record.kind === "record" ? record.head.recordedAt : undefined;
}
