/** The partitions of a node: those it owns, with what it serves others there, and views of the rest. @module */
import type { LogSubjects } from "../../../../schema/nats/log.ts";
import type { Admission } from "../../authority/admission.ts";
import type { NatsClient } from "../../connection/client.ts";
import { serveAppends } from "../append/append_service.ts";
import { serveProducers } from "../append/producer_service.ts";
import { serveSettles } from "../mailbox/settle_service.ts";
import type { OpenedPartition } from "../partition/opened_partition.ts";
import { PartitionViews } from "../partition/partition_views.ts";
import { PartitionWriter } from "../partition/partition_writer.ts";
import { OwnershipLost } from "../partition/record_writer.ts";
import type { TakenPartition } from "../partition/take_over.ts";
import type { StoredRecord } from "../record/record.ts";
import type { AvailabilityListener } from "../../../primitives/retry.ts";
import type { PartitionLog } from "../partition/partition_log.ts";
import type { HostedProcessor } from "./hosting.ts";

interface PartitionsOptions {
  readonly client: Pick<NatsClient, "subscribe" | "publish">;
  readonly subjects: LogSubjects;
  readonly partitions: number;
  /** What is asked of an append of a producer. */
  readonly admission: Admission;
  readonly node: string;
  /** Aborts when the backend closes, or the store is lost. */
  readonly signal: AbortSignal;
  readonly onAvailabilityChange: AvailabilityListener;
  now(): number;
  log(partition: number): PartitionLog;
  /** Opens a partition; `writes` where this node is about to take it. */
  open(log: PartitionLog, writes: boolean): Promise<OpenedPartition>;
  /** Called for each record of a partition that is owned or viewed, once it is known. */
  onRecord(partition: number, stored: StoredRecord): void;
  /** Called while a write is refused for nothing that is there: the log may be another one. */
  onStalled(): void;
  /** Called once another node has taken a partition. */
  onLost(partition: number): void;
  /** All processors of this program. */
  registered(): readonly HostedProcessor[];
}

interface OwnedPartition {
  readonly writer: PartitionWriter;
  readonly opened: OpenedPartition;
  /** Ends what is served to others. */
  stop(): void;
}

export class Partitions {
  readonly #options: PartitionsOptions;
  readonly #views: PartitionViews;
  readonly #owned = new Map<number, OwnedPartition>();
  readonly #viewed = new Set<OpenedPartition>();

  constructor(options: PartitionsOptions) {
    this.#options = options;
    this.#views = new PartitionViews({
      partitions: options.partitions,
      ownerOf: (partition) => this.ownerOf(partition),
      open: async (partition) => {
        const { writer, opened } = await this.#open(partition, false);
        this.#viewed.add(opened);
        return writer;
      },
    });
  }

  get partitions(): number {
    return this.#options.partitions;
  }

  /** The writer of a partition that this node owns, as far as it knows. */
  ownerOf(partition: number): PartitionWriter | undefined {
    const writer = this.#owned.get(partition)?.writer;
    return writer?.isOwner ? writer : undefined;
  }

  get owned(): PartitionWriter[] {
    return [...this.#owned.values()].map(({ writer }) => writer).filter(({ isOwner }) => isOwner);
  }

  /** A partition with all that was written by the time of the call. */
  view(partition: number): Promise<PartitionWriter> {
    return this.#views.view(partition);
  }

  /** Takes a partition over and serves it. Undefined where another node was later. */
  async take(partition: number, processors: readonly HostedProcessor[]): Promise<TakenPartition | undefined> {
    await this.drop(partition);
    const { writer, opened } = await this.#open(partition, true);
    try {
      const taken = await writer.takeOver(processors, this.#options.registered());
      this.#owned.set(partition, { writer, opened, stop: this.#serve(writer) });
      return taken;
    } catch (error) {
      await opened.close();
      if (error instanceof OwnershipLost) return undefined;
      throw error;
    }
  }

  /** Gives a partition up, so that the next owner knows that this one did not crash. */
  async release(partition: number): Promise<void> {
    const owned = this.#owned.get(partition);
    if (owned === undefined) return;
    owned.stop();
    try {
      await owned.writer.drained();
      await owned.writer.release();
    } catch (error) {
      if (!(error instanceof OwnershipLost)) throw error;
    } finally {
      await this.drop(partition);
    }
  }

  /** Ends what is done as the owner of a partition. */
  async drop(partition: number): Promise<void> {
    const owned = this.#owned.get(partition);
    if (owned === undefined) return;
    this.#owned.delete(partition);
    owned.stop();
    await owned.opened.close();
  }

  /** Something was written there by another node: owners take it in. */
  async readOn(partition: number): Promise<void> {
    try {
      await this.ownerOf(partition)?.readOn();
    } catch (error) {
      if (!(error instanceof OwnershipLost)) throw error;
    }
  }

  async close(): Promise<void> {
    for (const partition of [...this.#owned.keys()]) await this.drop(partition);
    for (const opened of this.#viewed) await opened.close();
  }

  async #open(
    partition: number,
    writes: boolean,
  ): Promise<{ writer: PartitionWriter; opened: OpenedPartition }> {
    const { node, signal, onAvailabilityChange, now, open } = this.#options;
    const log = this.#options.log(partition);
    const opened = await open(log, writes);
    const writer: PartitionWriter = new PartitionWriter({
      log,
      opened,
      node,
      signal,
      onAvailabilityChange,
      now,
      onRecord: (stored) => this.#onRecord(writer, stored),
      onStalled: () => this.#options.onStalled(),
    });
    return { writer, opened };
  }

  #serve(owner: PartitionWriter): () => void {
    const { client: source, subjects, partitions, admission, now } = this.#options;
    const { partition } = owner;
    const ends = [
      serveAppends({ source, subject: subjects.commits(partition), partitions, owner }),
      serveProducers({ source, subjects, partitions, owner, admission }),
      serveSettles({ source, subject: subjects.settles(partition), owner, now }),
    ];
    return () => ends.forEach((end) => end());
  }

  #onRecord(writer: PartitionWriter, stored: StoredRecord): void {
    const { partition } = writer;
    this.#options.onRecord(partition, stored);
    if (this.#owned.get(partition)?.writer !== writer) return;
    if (!writer.isOwner) {
      void this.drop(partition);
      this.#options.onLost(partition);
    } else if (writer.hasGuests) this.#notifyGuests(partition);
  }

  /** What others have leased alone here reads its records too. */
  #notifyGuests(partition: number): void {
    const { client, subjects } = this.#options;
    try {
      client.publish(subjects.written(partition), "");
    } catch {
      // Without a connection nobody is notified: whoever listens looks again when it is back.
    }
  }
}
