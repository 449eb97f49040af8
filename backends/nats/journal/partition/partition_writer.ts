/**
 * What a node does with one partition: it owns it, and then writes whatever others ask for; or it has no owner at the moment,
 * and the node compares and sets for itself.
 * @module
 */
import type { AppendResult } from "../../../event_store.ts";
import type { AvailabilityListener } from "../../../primitives/retry.ts";
import { appendContribution, type PartitionAppend } from "../append/append_contribution.ts";
import { buildRecords } from "./build_records.ts";
import type { CaseHeads } from "./case_heads.ts";
import { CommitQueue, type Contribution } from "./commit_queue.ts";
import type { PartitionLog } from "./partition_log.ts";
import type { PartitionState } from "./partition_state.ts";
import type { RecordPlan } from "./record_plan.ts";
import { nextNonce, RecordWriter } from "./record_writer.ts";
import { type TakenPartition, takeOver } from "./take_over.ts";

interface PartitionWriterOptions {
  readonly log: PartitionLog;
  readonly heads: CaseHeads;
  readonly node: string;
  /** Aborts when it closes, or the store is lost. */
  readonly signal: AbortSignal;
  readonly onAvailabilityChange?: AvailabilityListener;
  /** The present time of the store. */
  now(): number;
}

export class PartitionWriter {
  readonly #options: PartitionWriterOptions;
  readonly #writer: RecordWriter;
  readonly #queue: CommitQueue;
  #taken: TakenPartition | undefined;

  constructor(options: PartitionWriterOptions) {
    const { log, heads, signal, onAvailabilityChange = () => {} } = options;
    this.#options = options;
    this.#writer = new RecordWriter({ log, heads, signal, onAvailabilityChange });
    const identify = (plan: RecordPlan) => this.#identify(plan);
    this.#queue = new CommitQueue({ writer: this.#writer, heads, log, identify, now: () => options.now() });
  }

  get partition(): number {
    return this.#options.log.partition;
  }

  /** What is known of the partition: all there is, while this node owns it and nobody else writes. */
  get state(): PartitionState {
    return this.#writer.state;
  }

  /** True while this node owns the partition, as far as it has read. */
  get isOwner(): boolean {
    return this.#taken !== undefined && !this.#writer.isFenced;
  }

  /** Takes the partition over from whoever has it. Throws OwnershipLost where another node was later. */
  async takeOver(): Promise<TakenPartition> {
    const { node, log: { maxPayload }, now } = this.#options;
    this.#taken = await takeOver(this.#writer, { node, maxPayload, now });
    return this.#taken;
  }

  /**
   * Stores events, all or none, and answers once they are stored. Throws VersionConflict, EventIdConflict, EventTooLarge,
   * OwnershipLost, and BackendUnavailable once it is closed.
   */
  append(append: PartitionAppend): Promise<AppendResult> {
    return this.#queue.submit(appendContribution(append));
  }

  /** Makes something a part of the next record. Throws as `append`. */
  submit<A>(contribution: Contribution<A>): Promise<A> {
    return this.#queue.submit(contribution);
  }

  /** Takes in what others have written. Throws OwnershipLost. */
  readOn(): Promise<void> {
    return this.#writer.readOn();
  }

  /** Gives the partition up, so that the next owner knows that this one did not crash. */
  async release(): Promise<void> {
    if (!this.isOwner) return;
    const { epoch } = this.#taken!;
    const { log: { maxPayload }, now } = this.#options;
    await this.#writer.write(() => {
      const content = { nonce: nextNonce(epoch), epoch, kind: "own", released: true, now: now() } as const;
      return Promise.resolve(buildRecords(this.state, content, maxPayload));
    });
    this.#taken = undefined;
  }

  #identify({ moves }: RecordPlan) {
    if (this.#taken === undefined) return { kind: "direct", epoch: this.state.epoch } as const;
    return { kind: moves.length > 0 ? "settle" : "own", epoch: this.#taken.epoch } as const;
  }
}
