/** A node that owns a partition in memory, and the mailboxes there. @module */
import type { Batch } from "../../../backends/mailbox/batch.ts";
import type { Fetched } from "../../../backends/mailbox/mailbox_store.ts";
import { RecordMailboxStore } from "../../../backends/nats/journal/mailbox/record_mailbox_store.ts";
import { requestContribution } from "../../../backends/nats/journal/mailbox/settle_request.ts";
import { openedInMemory } from "./memory_partition.ts";
import { PartitionWriter } from "../../../backends/nats/journal/partition/partition_writer.ts";
import { pendingEventOf } from "../../../backends/nats/stream/message.ts";
import type { EventType } from "../../../schema/events.ts";
import { anEvent } from "../events.ts";
import { MemoryLog, MemoryLogClient } from "./memory_log.ts";

export const LIMITS = { batchSize: 100, batchBytes: 1_000_000 };

/** A node that owns the one partition of a log, and its mailboxes. */
export class MailboxNode {
  readonly client: MemoryLogClient;
  readonly writer: PartitionWriter;
  readonly view: PartitionWriter;
  readonly store: RecordMailboxStore;
  now = 1_000;

  constructor(readonly log: MemoryLog) {
    this.client = new MemoryLogClient(log);
    this.store = new RecordMailboxStore({
      partitions: 1,
      ownerOf: () => this.writer.isOwner ? this.writer : undefined,
      view: async () => (await this.view.readOn(), this.view),
      settleElsewhere: async (_, request) => {
        await this.view.readOn();
        return await this.view.submit(requestContribution(request, () => this.now));
      },
      now: () => this.now,
    });
    this.view = this.#newWriter();
    this.writer = this.#newWriter();
  }

  #newWriter(): PartitionWriter {
    return new PartitionWriter({
      log: this.client,
      opened: openedInMemory(),
      node: "n",
      signal: new AbortController().signal,
      now: () => this.now,
      onRecord: (stored) => this.store.onRecord(0, stored),
    });
  }

  static async owning(log = new MemoryLog()): Promise<MailboxNode> {
    const node = new MailboxNode(log);
    await node.writer.takeOver(["p", "other", "q"].map((name) => ({ name, takes: [] })));
    return node;
  }

  append(caseId: string, n: number, type: EventType = "case.intake") {
    return this.writer.append({ events: [this.event(caseId, n, type)], expected: "any" });
  }

  event(caseId: string, n: number, type: EventType) {
    return pendingEventOf(anEvent(caseId, n, type), 1);
  }

  owner(processor = "p", types: readonly string[] = ["case.intake"]) {
    return { processor, partition: 0, epoch: this.writer.epoch ?? 0, types };
  }

  async fetch(limits = LIMITS, owner = this.owner()): Promise<Fetched> {
    const result = await this.store.fetch(owner, limits);
    if (result.kind === "fenced") throw new Error("fenced");
    return result;
  }

  async batch(limits = LIMITS, owner = this.owner()): Promise<Batch> {
    return (await this.fetch(limits, owner)).batch!;
  }
}
