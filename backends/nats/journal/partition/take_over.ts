/** Takes a partition over: from then on no record of an earlier owner can be written. @module */
import { buildRecords } from "./build_records.ts";
import { nextNonce, type RecordWriter } from "./record_writer.ts";

interface TakeOverOptions {
  readonly node: string;
  readonly maxPayload: number;
  /** The present time of the store. */
  now(): number;
}

/** What a new owner finds. */
export interface TakenPartition {
  readonly epoch: number;
  /** The owner before has not given it up. */
  readonly hasCrashed: boolean;
}

/**
 * Reads the log to its end, and writes that this node is the owner. The epoch is the one in its own record and no other: a
 * larger one that was read meanwhile is that of another owner. Throws OwnershipLost where there is one.
 */
export async function takeOver(
  writer: RecordWriter,
  { node, now, maxPayload }: TakeOverOptions,
): Promise<TakenPartition> {
  const { state } = writer;
  let epoch = 0;
  let hasCrashed = false;
  await writer.readOn();
  await writer.write(() => {
    epoch = state.epoch + 1;
    hasCrashed = state.owner !== undefined;
    const content = { nonce: nextNonce(epoch), epoch, kind: "take", node, now: now() } as const;
    return Promise.resolve(buildRecords(state, content, maxPayload));
  });
  writer.own(epoch);
  return { epoch, hasCrashed };
}
