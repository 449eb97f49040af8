/** A node with one partition in memory, opened by its index. @module */
import { KeyHasher } from "../../../backends/nats/index/entry/key.ts";
import { openIndexed } from "../../../backends/nats/journal/indexed/indexed_partition.ts";
import type { OpenedPartition } from "../../../backends/nats/journal/partition/opened_partition.ts";
import { PartitionWriter } from "../../../backends/nats/journal/partition/partition_writer.ts";
import type { RecordChanges } from "../../../backends/nats/journal/record/record.ts";
import { MemoryIndexStore } from "../index/memory_index_store.ts";
import { MemoryLog, MemoryLogClient } from "./memory_log.ts";
import { pendingEvent } from "./records.ts";

/** Small enough that some records make levels and merges. */
const LIMITS = {
  levelEntries: 4,
  levelBytes: 20_000,
  mergedRuns: 3,
  blockBytes: 300,
  nearTimers: 5,
  nearMs: 50,
};

/** A log and its index. */
export class IndexedStore {
  readonly log = new MemoryLog();
  readonly index = new MemoryIndexStore();
  readonly hasher: KeyHasher;
  readonly #opened: OpenedPartition[] = [];

  constructor(fingerprintBits = 32) {
    this.hasher = new KeyHasher(new TextEncoder().encode("seed"), fingerprintBits);
  }

  /** A node that does not own the partition. */
  async open(name: string, writes = false): Promise<IndexedNode> {
    const client = new MemoryLogClient(this.log);
    const { index: store, hasher } = this;
    const opened = await openIndexed({ log: client, store, hasher, writes, limits: LIMITS });
    this.#opened.push(opened);
    return new IndexedNode(client, opened, name);
  }

  /** Ends what is under way at every node. */
  async close(): Promise<void> {
    await Promise.all(this.#opened.map((opened) => opened.close()));
  }

  async owner(name = "owner"): Promise<IndexedNode> {
    const node = await this.open(name, true);
    await node.writer.takeOver();
    return node;
  }
}

export class IndexedNode {
  readonly writer: PartitionWriter;

  constructor(readonly client: MemoryLogClient, readonly opened: OpenedPartition, readonly name: string) {
    const { signal } = new AbortController();
    this.writer = new PartitionWriter({ log: client, opened, node: name, signal, now: () => 1_000 });
  }

  append(caseId: string, ns: readonly number[]) {
    return this.writer.append({ events: ns.map((n) => pendingEvent(caseId, n)), expected: "any" });
  }

  /** Adds changes to the next record. */
  change(changes: Partial<RecordChanges>): Promise<void> {
    return this.writer.submit({
      size: { events: 0, bytes: 0 },
      addTo(plan) {
        plan.changes.timers.push(...changes.timers ?? []);
        plan.changes.parked.push(...changes.parked ?? []);
        plan.changes.trail.push(...changes.trail ?? []);
        return Promise.resolve(() => {});
      },
    });
  }

  /** The versions of the case in the log, by its index. */
  async versionsOf(caseId: string): Promise<number[]> {
    return (await this.writer.caseEvents(caseId)).map(({ event }) => event.version);
  }
}
