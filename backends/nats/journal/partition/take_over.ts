/** Takes a partition over: from then on no record of an earlier owner can be written. @module */
import type { Hosted } from "../../../mailbox/lease_store.ts";
import { epochOfEra } from "../../../mailbox/lease_epoch.ts";
import { knownMoves } from "../leases/beginnings.ts";
import { type HostedProcessor, hostProcessors } from "../leases/hosting.ts";
import { buildRecords } from "./build_records.ts";
import { nextNonce, type RecordWriter } from "./record_writer.ts";

interface TakeOverOptions {
  readonly node: string;
  /** What the node hosts there from now on. */
  readonly processors: readonly HostedProcessor[];
  /** All that its program has: they are known in the partition before any of them works there. */
  readonly registered?: readonly HostedProcessor[];
  readonly maxPayload: number;
  /** The present time of the store. */
  now(): number;
}

/** What a new owner finds. */
export interface TakenPartition {
  readonly epoch: number;
  readonly hosted: readonly Hosted[];
}

/**
 * Reads the log to its end, and writes that this node is the owner. The epoch is the one in its own record and no other: a
 * larger one that was read meanwhile is that of another owner. Throws OwnershipLost where there is one.
 */
export async function takeOver(
  writer: RecordWriter,
  { node, processors, registered = [], now, maxPayload }: TakeOverOptions,
): Promise<TakenPartition> {
  const { state } = writer;
  let epoch = 0;
  let hosted: readonly Hosted[] = [];
  await writer.readOn();
  await writer.write(() => {
    epoch = state.epoch + 1;
    const hosting = hostProcessors(state, node, epochOfEra(epoch), processors);
    hosted = hosting.hosted;
    const content = { nonce: nextNonce(epoch), epoch, kind: "take", node, now: now() } as const;
    const others = registered.filter(({ name }) => !processors.some((each) => each.name === name));
    const moves = [...hosting.moves, ...knownMoves(state, others)];
    return Promise.resolve(buildRecords(state, { ...content, processors: moves }, maxPayload));
  });
  writer.own(epoch);
  return { epoch, hosted };
}
