/** The mailboxes of the partitions that a node owns: read from records, settled by one. @module */
import { partitionOf } from "../../../../schema/partition.ts";
import type { Batch } from "../../../mailbox/batch.ts";
import type { BatchLimits } from "../../../mailbox/batch_size.ts";
import type { HistoryNeed, InFlightMark, Settlement } from "../../../mailbox/mailbox.ts";
import type {
  FetchResult,
  MailboxOwner,
  MailboxStore,
  MailboxSubscriber,
  SettleStatus,
} from "../../../mailbox/mailbox_store.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { dueAt, nextDue, type ParkedCase, redeliverable } from "../../../settlement/parked_case.ts";
import { READS_AT_ONCE } from "../../stream/direct_get.ts";
import { OwnershipLost } from "../partition/record_writer.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import type { PlacedEvent } from "../partition/case_events.ts";
import { everywhere, recordSequenceOf, type StoredRecord } from "../record/record.ts";
import { deliveryLine, joinLines, lineBytes, nextFreshBatch } from "./fresh_batch.ts";
import { RecordPassStore } from "./record_passes.ts";
import { ScannedPlaces } from "./scanned_places.ts";
import { sliceSettlement } from "./settle_contribution.ts";
import { requestContribution, type SettleRequest } from "./settle_request.ts";
import type { settleThroughOwner } from "./settle_through_owner.ts";

interface StoreOptions {
  readonly partitions: number;
  /** The writer of a partition that this node owns. */
  ownerOf(partition: number): PartitionWriter | undefined;
  /** A partition with all that was written by now: for what is leased alone. */
  view(partition: number): Promise<PartitionWriter>;
  /** Settles what is leased alone. */
  settleElsewhere(partition: number, request: SettleRequest): ReturnType<typeof settleThroughOwner>;
  /** The present time of the store. */
  now(): number;
}

export class RecordMailboxStore implements MailboxStore {
  readonly #options: StoreOptions;
  readonly #subscribers = new Map<number, Set<MailboxSubscriber>>();
  readonly #scanned = new ScannedPlaces();
  readonly passes: RecordPassStore;

  constructor(options: StoreOptions) {
    this.#options = options;
    const { ownerOf, now } = options;
    this.passes = new RecordPassStore({ scanned: this.#scanned, ownerOf, now });
  }

  async fetch(owner: MailboxOwner, limits: BatchLimits): Promise<FetchResult> {
    const writer = await this.#readerOf(owner);
    if (writer === undefined) return { kind: "fenced" };
    const { state } = writer;
    const { checkpoint, redeliversTo } = state.processor(owner.processor);
    const parked = state.parkedOf(owner.processor);
    const now = this.#options.now();
    const nextDueMs = nextDue(parked.values()) - now;
    const due = await redeliveryBatch(writer, parked.values(), checkpoint, now, limits);
    if (due !== undefined) return { kind: "fetched", batch: due, checkpoint, nextDueMs };
    const after = this.#scanned.after(owner, checkpoint);
    const { types } = owner;
    const isParked = (id: string) => parked.has(id);
    const wanted = { from: checkpoint, after, types, redeliversTo: redeliversTo ?? 0, isParked };
    // The record that the place is in may hold more behind it.
    const records = writer.recordsBehind(Math.max(0, recordSequenceOf(after) - 1), everywhere(types));
    const { batch, scannedTo, hasMore } = await nextFreshBatch(records, wanted, limits);
    if (batch === undefined) this.#scanned.set(owner, checkpoint, scannedTo);
    return { kind: "fetched", batch, checkpoint, nextDueMs, hasMore };
  }

  commit(owner: MailboxOwner, batch: Batch, settlement: Settlement): Promise<SettleStatus> {
    return fencedOr("fenced", async () => {
      let status: SettleStatus = "already";
      for (const [slice, its] of sliceSettlement(batch, settlement)) {
        const request = { kind: "settle", asker: askerOf(owner), batch: slice, settlement: its } as const;
        const settled = await this.#settle(owner, request) as SettleStatus;
        if (settled !== "already") status = settled;
      }
      return status;
    });
  }

  markInFlight(owner: MailboxOwner, mark: InFlightMark): Promise<"marked" | "fenced"> {
    const request = { kind: "mark", asker: askerOf(owner), mark } as const;
    return fencedOr("fenced", async () => await this.#settle(owner, request) as "marked" | "fenced");
  }

  async #settle(owner: MailboxOwner, request: SettleRequest) {
    const { now, settleElsewhere } = this.#options;
    const writer = this.#ownerOf(owner);
    if (writer === undefined) return await settleElsewhere(owner.partition, request);
    return await writer.submit(requestContribution(request, now));
  }

  async histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    const wanted = needs.filter(({ after, before }) => before - after > 1)
      .sort((a, b) => a.caseId < b.caseId ? -1 : 1);
    const found = await mapConcurrently(READS_AT_ONCE, wanted, async ({ caseId, after, before }) => {
      const partition = partitionOf(caseId, this.#options.partitions);
      const writer = this.#options.ownerOf(partition) ?? await this.#options.view(partition);
      const events = await writer.caseEvents(caseId);
      return events.filter(({ event: { version, type } }) =>
        version > after && version < before && types.includes(type)
      );
    });
    return new TextDecoder().decode(joinLines(found.flat().map((placed) => deliveryLine(placed, 0, false))));
  }

  subscribe(subscriber: MailboxSubscriber): void {
    const { partition } = subscriber;
    const subscribers = this.#subscribers.get(partition) ?? new Set();
    this.#subscribers.set(partition, subscribers.add(subscriber));
  }

  unsubscribe(subscriber: MailboxSubscriber): void {
    this.#subscribers.get(subscriber.partition)?.delete(subscriber);
  }

  /** Whether anybody reads this partition. */
  hasSubscribers(partition: number): boolean {
    return (this.#subscribers.get(partition)?.size ?? 0) > 0;
  }

  /** Called for each record of a partition that this node owns, or has a view of. */
  onRecord(partition: number, { record }: StoredRecord): void {
    if (record.kind === "malformed") return;
    const subscribers = this.#subscribers.get(partition) ?? new Set();
    if (subscribers.size === 0) return;
    const types = new Set(record.events.map(({ type }) => type));
    const changed = new Set([
      ...record.changes.parked.map(({ processor }) => processor),
      ...record.head.processors.filter((move) => move.redeliversTo !== undefined).map(({ name }) => name),
    ]);
    for (const subscriber of subscribers) {
      const isMeant = changed.has(subscriber.processor) || subscriber.types.some((type) => types.has(type));
      if (isMeant) subscriber.notify();
    }
  }

  /** Something may have been missed: everybody looks again. */
  notifyAll(): void {
    for (const subscribers of this.#subscribers.values()) {
      for (const subscriber of subscribers) subscriber.notify();
    }
  }

  /** Where a mailbox is read: in memory where this node owns the partition; for what is leased alone as others have written it. */
  async #readerOf(owner: MailboxOwner): Promise<PartitionWriter | undefined> {
    const writer = this.#ownerOf(owner);
    if (writer !== undefined) return writer;
    const view = await this.#options.view(owner.partition);
    return runsIn(view, owner) ? view : undefined;
  }

  /** The writer that hosts a mailbox under its epoch. */
  #ownerOf(owner: MailboxOwner): PartitionWriter | undefined {
    const writer = this.#options.ownerOf(owner.partition);
    return writer !== undefined && runsIn(writer, owner) ? writer : undefined;
  }
}

function runsIn({ state }: PartitionWriter, { processor, epoch }: MailboxOwner): boolean {
  return state.processor(processor).epoch === epoch;
}

/** A subscriber has more than is to be sent. */
function askerOf({ processor, epoch }: MailboxOwner) {
  return { processor, epoch };
}

async function fencedOr<T>(fenced: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OwnershipLost) return fenced;
    throw error;
  }
}

/** The due deliveries of parked cases, by position. Each case goes in from its head, so that a full batch cuts it at its end. */
async function redeliveryBatch(
  writer: PartitionWriter,
  parked: Iterable<ParkedCase>,
  checkpoint: number,
  now: number,
  { batchSize, batchBytes }: BatchLimits,
): Promise<Batch | undefined> {
  const due = [...parked].filter((waiting) => dueAt(waiting) <= now)
    .sort((a, b) => a[0]!.position - b[0]!.position)
    .flatMap((waiting) => redeliverable(waiting)).slice(0, batchSize);
  if (due.length === 0) return undefined;
  const lines = await mapConcurrently(READS_AT_ONCE, due, async ({ position, attempts }) => ({
    position,
    line: deliveryLine(await eventAt(writer, position), attempts + 1, false),
  }));
  let bytes = 0;
  const end = lines.findIndex(({ line }, i) => (bytes += lineBytes(line)) > batchBytes && i > 0);
  const chosen = lines.slice(0, end === -1 ? lines.length : end).sort((a, b) => a.position - b.position);
  return {
    kind: "redelivery",
    lines: joinLines(chosen.map(({ line }) => line)),
    count: chosen.length,
    from: checkpoint,
    to: checkpoint,
  };
}

async function eventAt(writer: PartitionWriter, position: number): Promise<PlacedEvent> {
  const found = await writer.eventAt(position);
  if (found === undefined) throw new Error(`The event at position ${position} is gone from the log`);
  return found;
}
