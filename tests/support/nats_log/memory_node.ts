/** A node with one partition in memory. @module */
import type { HeadIndex } from "../../../backends/nats/journal/partition/head_index.ts";
import { openedInMemory } from "./memory_partition.ts";
import { PartitionWriter } from "../../../backends/nats/journal/partition/partition_writer.ts";
import { MemoryLog, MemoryLogClient } from "./memory_log.ts";
import { pendingEvent } from "./records.ts";

/** A node with a client of its own. */
export class MemoryNode {
  readonly client: MemoryLogClient;
  readonly closing = new AbortController();
  readonly writer: PartitionWriter;

  constructor(
    log: MemoryLog,
    readonly name: string,
    heads?: HeadIndex,
    known?: Parameters<typeof openedInMemory>[1],
  ) {
    this.client = new MemoryLogClient(log);
    const { signal } = this.closing;
    const opened = openedInMemory(heads, known);
    this.writer = new PartitionWriter({ log: this.client, opened, node: name, signal, now: () => 1_000 });
  }

  /** Appends events of a case by their numbers. */
  append(
    caseId: string,
    ns: readonly number[],
    expected: Parameters<PartitionWriter["append"]>[0]["expected"] = "any",
  ) {
    return this.writer.append({ events: ns.map((n) => pendingEvent(caseId, n)), expected });
  }
}

/** A node that owns the partition. */
export async function anOwner(log: MemoryLog = new MemoryLog(), heads?: HeadIndex): Promise<MemoryNode> {
  const node = new MemoryNode(log, "owner", heads);
  await node.writer.takeOver();
  return node;
}

/** Every event in the log as case and version, in order. */
export function eventsIn(log: MemoryLog): string[] {
  return log.records().flatMap(({ record }) =>
    record.kind === "record" ? record.events.map(({ caseId, version }) => `${caseId} ${version}`) : []
  );
}
