/** What waits to be written to a partition: everything that waits while a record is under way goes into the next one. @module */
import { EventTooLarge } from "../../connection/errors.ts";
import { buildRecords } from "./build_records.ts";
import type { HeadIndex } from "./head_index.ts";
import type { PartitionLog } from "./partition_log.ts";
import { eventPosition, type LogRecord, type RecordHead, type StoredRecord } from "../record/record.ts";
import { NextRecord, RecordPlan } from "./record_plan.ts";
import { nextNonce, OwnershipLost, type RecordWriter } from "./record_writer.ts";
import { addSizes, fits, type RecordSize } from "../record/slices.ts";

/** The answer to a contribution, once its record is stored: positions are known by then. */
export type Answer<A> = (positionOf: (ordinal: number) => number) => A;

/** A part of the next record. */
export interface Contribution<A> {
  /** What it takes of a record at most. */
  readonly size: RecordSize;
  /** What it finds need not be so any more when it is answered, unless it is refused. */
  readonly isTentative?: boolean;
  /**
   * Adds itself, all or nothing. Asked again for each record that is made anew. What it throws is its own answer, and none of
   * those beside it.
   */
  addTo(plan: RecordPlan): Promise<Answer<A>>;
}

/** How records are made. */
interface RecordMaker {
  readonly writer: RecordWriter;
  readonly heads: HeadIndex;
  readonly log: PartitionLog;
  /** The epoch and the kind of a record that holds this plan. */
  identify(plan: RecordPlan): Pick<RecordHead, "epoch" | "kind">;
  now(): number;
}

interface Pending {
  readonly contribution: Contribution<unknown>;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { readonly answer: Answer<unknown> } | { readonly error: unknown };

export class CommitQueue {
  readonly #maker: RecordMaker;
  readonly #waiting: Pending[] = [];
  #draining: Promise<void> | undefined;
  /** How many of those that wait go alone: one of them is too large for the server, and only its own answer says so. */
  #alone = 0;

  constructor(maker: RecordMaker) {
    this.#maker = maker;
  }

  /** Resolves once the contribution is stored. Throws what refuses it, and what the writer throws. */
  submit<A>(contribution: Contribution<A>): Promise<A> {
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    this.#waiting.push({ contribution, resolve: resolve as (answer: unknown) => void, reject });
    this.#draining ??= this.#drain();
    return promise;
  }

  /** Resolves once nothing waits. */
  get drained(): Promise<void> {
    return this.#draining ?? Promise.resolve();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit();
    this.#draining = undefined;
  }

  async #commit(): Promise<void> {
    const { writer } = this.#maker;
    let group: readonly Pending[] = [];
    try {
      for (let isCurrent = false; !isCurrent;) {
        const before = writer.state.last;
        let outcomes: readonly Outcome[] = [];
        const stored = await writer.write(async () => {
          group = this.#nextGroup();
          const plan = this.#newPlan();
          outcomes = await addAll(plan, group);
          group = group.slice(0, outcomes.length);
          return plan.isEmpty ? [] : this.#build(plan);
        });
        // Where nothing is written, nothing has shown that what the answers rest on is still so.
        if (stored.length === 0 && needsProof(group, outcomes)) await writer.readOn();
        isCurrent = stored.length > 0 || writer.state.last === before;
        if (isCurrent) this.#answer(group, outcomes, stored);
      }
      this.#alone = Math.max(0, this.#alone - 1);
    } catch (error) {
      this.#onError(group.length, error);
    }
  }

  /** Where the partition is not ours any more, or before anything was planned, it is the answer to all. */
  #onError(count: number, error: unknown): void {
    if (error instanceof EventTooLarge && count > 1) {
      this.#alone = count;
      return;
    }
    const isForAll = count === 0 || error instanceof OwnershipLost;
    const refused = this.#waiting.splice(0, isForAll ? this.#waiting.length : count);
    this.#alone = Math.max(0, this.#alone - count);
    for (const { reject } of refused) reject(error);
  }

  /** As many of those that wait as fit one record; one that fits none goes alone. */
  #nextGroup(): readonly Pending[] {
    let size = this.#waiting[0]!.contribution.size;
    let count = 1;
    for (; this.#alone === 0 && count < this.#waiting.length; count++) {
      size = addSizes(size, this.#waiting[count]!.contribution.size);
      if (!fits(size)) break;
    }
    return this.#waiting.slice(0, count);
  }

  #newPlan(): RecordPlan {
    const { writer, heads, log } = this.#maker;
    return new RecordPlan(writer.state, heads, log);
  }

  #build(plan: RecordPlan) {
    const { writer, log, now, identify } = this.#maker;
    const { events, changes, moves: processors } = plan;
    const identity = identify(plan);
    const content = {
      ...identity,
      nonce: nextNonce(identity.epoch),
      now: now(),
      events,
      changes,
      processors,
    };
    return buildRecords(writer.state, content, log.maxPayload);
  }

  #answer(
    group: readonly Pending[],
    outcomes: readonly Outcome[],
    stored: readonly StoredRecord<LogRecord>[],
  ): void {
    this.#waiting.splice(0, group.length);
    const positionOf = (ordinal: number) => positionIn(stored, ordinal);
    group.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i]!;
      if ("error" in outcome) reject(outcome.error);
      else Promise.try(outcome.answer, positionOf).then(resolve, reject);
    });
  }
}

function needsProof(group: readonly Pending[], outcomes: readonly Outcome[]): boolean {
  return outcomes.some((outcome, i) => "error" in outcome || group[i]!.contribution.isTentative !== true);
}

/** The outcomes of those that go into the record: all but the last ones where one has to wait for it. */
async function addAll(plan: RecordPlan, group: readonly Pending[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { contribution } of group) {
    const outcome = await Promise.try(() => contribution.addTo(plan))
      .then((answer) => ({ answer }), (error: unknown) => ({ error }));
    if ("error" in outcome && outcome.error instanceof NextRecord) break;
    outcomes.push(outcome);
  }
  return outcomes;
}

/** The position of an event by its ordinal in several records. */
function positionIn(stored: readonly StoredRecord<LogRecord>[], ordinal: number): number {
  let index = ordinal;
  for (const { sequence, record: { events } } of stored) {
    if (index < events.length) return eventPosition(sequence, index);
    index -= events.length;
  }
  throw new RangeError(`No event has the ordinal ${ordinal}`);
}
