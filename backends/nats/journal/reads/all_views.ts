/** All partitions at once, and what is put together of them. @module */
import type { EventKind } from "../../../../schema/evolution.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import type { LogReads } from "./log_reads.ts";

/** Partitions opened or brought up to date at once: decoding what is behind a manifest takes a core, so more would only wait. */
const AT_ONCE = 2;

/** Every partition, in their order. */
export function allViews({ views }: Pick<LogReads, "views">): Promise<PartitionWriter[]> {
  const partitions = Array.from({ length: views.partitions }, (_, partition) => partition);
  return mapConcurrently(AT_ONCE, partitions, (partition) => views.view(partition));
}

/** The kinds of events ever stored, by type and version. */
export async function storedKinds(reads: Pick<LogReads, "views">): Promise<EventKind[]> {
  const kinds = new Map<string, EventKind>();
  for (const { state } of await allViews(reads)) {
    for (const kind of state.kinds) kinds.set(`${kind.type}@${kind.version}`, kind);
  }
  return [...kinds.values()].sort((a, b) =>
    a.type < b.type ? -1 : a.type > b.type ? 1 : a.version - b.version
  );
}
