/**
 * What a node does with one partition: it owns it, and then writes whatever others ask for; or it has no owner at the moment,
 * and the node compares and sets for itself.
 * @module
 */
import type { AppendResult } from "../../../event_store.ts";
import type { AvailabilityListener } from "../../../primitives/retry.ts";
import { epochOfEra, isEpochAlone } from "../../../mailbox/lease_epoch.ts";
import { appendContribution, type PartitionAppend } from "../append/append_contribution.ts";
import { buildRecords } from "./build_records.ts";
import type { HeadIndex } from "./head_index.ts";
import { CommitQueue, type Contribution } from "./commit_queue.ts";
import { indexOf, recordSequenceOf, type StoredRecord, type WantedTypes } from "../record/record.ts";
import { giveBack, type HostedProcessor } from "../leases/hosting.ts";
import { type PlacedEvent, readCaseEvents } from "./case_events.ts";
import type { PartitionLog } from "./partition_log.ts";
import { Outage } from "./outage.ts";
import { RecentRecords } from "./recent_records.ts";
import type { LogState } from "./log_state.ts";
import type { OpenedPartition, WaitingTimers } from "./opened_partition.ts";
import type { RecordPlan } from "./record_plan.ts";
import { nextNonce, RecordWriter } from "./record_writer.ts";
import { type TakenPartition, takeOver } from "./take_over.ts";

interface PartitionWriterOptions {
  readonly log: PartitionLog;
  /** What is known of the partition: only what is behind it is read. */
  readonly opened: OpenedPartition;
  readonly node: string;
  /** Aborts when it closes, or the store is lost. */
  readonly signal: AbortSignal;
  readonly onAvailabilityChange?: AvailabilityListener;
  /** The present time of the store. */
  now(): number;
  /** Called for each record once it is known, in their order. */
  onRecord?(stored: StoredRecord): void;
  /** Called while a write is refused for nothing that is there. */
  onStalled?(): void;
}

export class PartitionWriter {
  readonly #options: PartitionWriterOptions;
  readonly #writer: RecordWriter;
  readonly #queue: CommitQueue;
  readonly #outage = new Outage();
  readonly #recent = new RecentRecords();
  #taken: TakenPartition | undefined;

  constructor(options: PartitionWriterOptions) {
    const { log, opened: { heads, known }, signal, onAvailabilityChange = () => {} } = options;
    this.#options = options;
    const onRecord = (stored: StoredRecord) => {
      this.#recent.add(stored);
      options.opened.onRecord(stored);
      options.onRecord?.(stored);
    };
    this.#writer = new RecordWriter({
      ...(known === undefined ? {} : { known }),
      log,
      heads,
      signal,
      onAvailabilityChange: (error) => {
        this.#outage.onChange(error);
        onAvailabilityChange(error);
      },
      onRecord,
      onStalled: () => options.onStalled?.(),
    });
    const identify = (plan: RecordPlan) => this.#identify(plan);
    this.#queue = new CommitQueue({ writer: this.#writer, heads, log, identify, now: () => options.now() });
  }

  get partition(): number {
    return this.#options.log.partition;
  }

  /** What is known of the partition: all there is, while this node owns it and nobody else writes. */
  get state(): LogState {
    return this.#writer.state;
  }

  /** Its cases. */
  get heads(): HeadIndex {
    return this.#options.opened.heads;
  }

  get timers(): WaitingTimers {
    return this.#options.opened.timers;
  }

  /** True while this node owns the partition, as far as it has read. */
  get isOwner(): boolean {
    return this.#taken !== undefined && !this.#writer.isFenced;
  }

  /** The epoch of this node's lease of the partition, and of what it hosts; undefined when it does not own it. */
  get epoch(): number | undefined {
    return this.isOwner ? epochOfEra(this.#taken!.epoch) : undefined;
  }

  /** Another node has leased a processor alone here. */
  get hasGuests(): boolean {
    return this.state.processors.values().some((each) =>
      each.owner !== undefined && isEpochAlone(each.epoch)
    );
  }

  /** The records behind a sequence, from memory where they are there; else of those that nothing is wanted of only the head. */
  async *recordsBehind(sequence: number, wanted: WantedTypes): AsyncGenerator<StoredRecord> {
    const recent = this.#recent.behind(sequence);
    if (recent !== undefined) yield* recent;
    else yield* this.#options.log.readBehind(sequence, wanted);
  }

  /** The events of a case, in order. */
  async caseEvents(caseId: string): Promise<PlacedEvent[]> {
    const { opened: { heads }, log } = this.#options;
    const head = await heads.find(caseId);
    return head === undefined ? [] : await readCaseEvents(log, caseId, head.sequences);
  }

  /** The record at a sequence, with the events of all its cases or of one; undefined where there is none. */
  recordAt(sequence: number, ofCase?: string): Promise<StoredRecord["record"] | undefined> {
    return this.#options.log.readRecord(sequence, ofCase);
  }

  /** The first record behind a sequence; undefined for none. */
  nextRecord(sequence: number): Promise<StoredRecord | undefined> {
    return this.#options.log.readNext(sequence);
  }

  /** The event at a position, as its record has it. */
  async eventAt(position: number): Promise<PlacedEvent | undefined> {
    const record = await this.recordAt(recordSequenceOf(position));
    if (record?.kind !== "record") return undefined;
    const event = record.events[indexOf(position)];
    return event && { position, recordedAt: record.head.recordedAt, event };
  }

  /** Takes the partition over from whoever has it, with these processors. Throws OwnershipLost where another node was later. */
  async takeOver(
    processors: readonly HostedProcessor[] = [],
    registered: readonly HostedProcessor[] = [],
  ): Promise<TakenPartition> {
    const { node, log: { maxPayload }, now } = this.#options;
    const taking = takeOver(this.#writer, { node, processors, registered, maxPayload, now });
    this.#taken = await this.#outage.whileAvailable(taking);
    this.#options.opened.own(this.#taken.epoch);
    return this.#taken;
  }

  /**
   * Stores events, all or none, and answers once they are stored. Throws VersionConflict, EventIdConflict, EventTooLarge,
   * OwnershipLost, and BackendUnavailable where the outcome is unknown: it may be stored later all the same.
   */
  append(append: PartitionAppend): Promise<AppendResult> {
    return this.submit(appendContribution(append));
  }

  /** Makes something a part of the next record. Throws as `append`. */
  submit<A>(contribution: Contribution<A>): Promise<A> {
    return this.#outage.whileAvailable(this.#queue.submit(contribution));
  }

  /** Takes in what others have written. Throws OwnershipLost and BackendUnavailable. */
  readOn(): Promise<void> {
    return this.#outage.whileAvailable(this.#writer.readOn());
  }

  /** Resolves once nothing waits to be written. */
  drained(): Promise<void> {
    return this.#outage.whileAvailable(this.#queue.drained);
  }

  /** Gives the partition up with what it hosts, so that the next owner knows that this one did not crash. */
  async release(): Promise<void> {
    if (!this.isOwner) return;
    const { epoch } = this.#taken!;
    const { state } = this;
    const { log: { maxPayload }, now } = this.#options;
    const releasing = this.#writer.write(() => {
      const processors = giveBack(state, epochOfEra(epoch), state.processors.keys());
      const content = { nonce: nextNonce(epoch), epoch, kind: "own", released: true, now: now() } as const;
      return Promise.resolve(buildRecords(state, { ...content, processors }, maxPayload));
    });
    await this.#outage.whileAvailable(releasing);
    this.#taken = undefined;
  }

  #identify({ moves }: RecordPlan) {
    if (this.#taken === undefined) return { kind: "direct", epoch: this.state.epoch } as const;
    return { kind: moves.length > 0 ? "settle" : "own", epoch: this.#taken.epoch } as const;
  }
}
