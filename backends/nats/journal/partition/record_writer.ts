/**
 * The only way in which records are written. A record is sent under the sequence of the last one that is known; where there is
 * no answer, the same bytes are sent again under the same expectation, so that the store decides. The expectation stops a
 * writer that has not read on; one that has is stopped by the epoch in what it read.
 * @module
 */
import { BackendUnavailable } from "../../../errors.ts";
import { delayOrAbort } from "../../../primitives/concurrency.ts";
import { type AvailabilityListener, retryDelayMs, retryWhileUnavailable } from "../../../primitives/retry.ts";
import { Conflict } from "../../connection/errors.ts";
import type { HeadIndex } from "./head_index.ts";
import type { EncodedRecord } from "../record/encode_record.ts";
import type { PartitionLog } from "./partition_log.ts";
import { type KnownState, LogState } from "./log_state.ts";
import { linkAll } from "../record/link.ts";
import type { LogRecord, StoredRecord } from "../record/record.ts";

/** Another owner has taken the partition: nothing more can be written under this epoch. */
export class OwnershipLost extends Error {
  override name = "OwnershipLost";
  constructor(readonly partition: number, readonly epoch: number) {
    super(`Partition ${partition} is no longer owned under epoch ${epoch}`);
  }
}

export interface WriterOptions {
  readonly log: PartitionLog;
  readonly heads: HeadIndex;
  /** What is known of the partition, heads included: only what is behind it is read. Default: nothing. */
  readonly known?: KnownState;
  /** Aborts when it closes, or the store is lost: nothing waits for the server any more. */
  readonly signal: AbortSignal;
  readonly onAvailabilityChange: AvailabilityListener;
  /** Called for each record once it is taken in, in their order. */
  onRecord?(stored: StoredRecord): void;
  /** Called while a write is refused and nothing is there that it was refused for: the log may be another one. */
  onStalled?(): void;
}

/** A replica shows what its leader has refused a write for within so many tries, some seconds. */
const TRIES_BEFORE_STALLED = 12;

/** Made by each process, so that no two writers have the same nonces. */
const processId = crypto.randomUUID().slice(24);
let written = 0;

/** A nonce that no other record has. */
export function nextNonce(epoch: number): string {
  return `${processId}.${epoch}.${++written}`;
}

/** Writes the records of one partition, one after the other, and knows what is there. */
export class RecordWriter {
  readonly state: LogState;
  readonly #options: WriterOptions;
  /** The epoch of the record by which the partition was taken; undefined for a writer that does not own it. */
  #epoch: number | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
    this.state = new LogState(options.known);
  }

  /** True once another owner was read of. */
  get isFenced(): boolean {
    return this.#epoch !== undefined && this.state.epoch > this.#epoch;
  }

  /** Makes this writer the owner under the epoch of the record, which was written by it. */
  own(epoch: number): void {
    this.#epoch = epoch;
    this.requireOwnership();
  }

  /** Throws OwnershipLost once another owner was read of. */
  requireOwnership(): void {
    if (this.isFenced) throw new OwnershipLost(this.#options.log.partition, this.#epoch!);
  }

  /**
   * Writes what `make` makes of the present state, or nothing when that is no record; it is asked again when others have
   * written meanwhile. Calls wait for each other. Throws OwnershipLost, and BackendUnavailable once the signal aborts.
   */
  write(make: () => Promise<readonly EncodedRecord[]>): Promise<readonly StoredRecord<LogRecord>[]> {
    return this.#inTurn(() => this.#write(make));
  }

  /** Takes in all that others have written by the time of the call. Throws OwnershipLost. */
  readOn(): Promise<void> {
    return this.#inTurn(async () => {
      const { log, signal } = this.#options;
      for (let tries = 0; !signal.aborted;) {
        if (await this.#retrying(() => log.firstBehind(this.state.last)) === undefined) break;
        // The replica that is read from may be behind.
        if (await this.#readOn() === 0) await this.#pause(tries++);
      }
      this.requireOwnership();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #write(make: () => Promise<readonly EncodedRecord[]>): Promise<readonly StoredRecord<LogRecord>[]> {
    for (;;) {
      this.requireOwnership();
      const records = await make();
      if (records.length === 0) return [];
      const stored = await this.#send(records);
      if (stored !== undefined) return stored;
    }
  }

  /** The records as they are stored; undefined when others were faster, and these are to be made anew. */
  async #send(records: readonly EncodedRecord[]): Promise<readonly StoredRecord<LogRecord>[] | undefined> {
    const { log } = this.#options;
    const { last, lastRecord: { link } } = this.state;
    const linked = linkAll(link, records.map(({ payload }) => payload));
    const { nonce } = records[0]!.record.head;
    const own: StoredRecord<LogRecord>[] = [];
    for (let tries = 0;; tries++) {
      try {
        const first = await this.#retrying(() => log.append(linked, last));
        const stored = records.map(({ record }, i) => ({
          sequence: first + i,
          record,
          link: linked[i]!.link,
        }));
        for (const each of stored) this.#absorb(each);
        return stored;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
      const count = await this.#readOn((each) => isOf(each, nonce) && own.push(each));
      if (own.length === records.length) return own;
      if (own.length === 0 && count > 0) return undefined;
      // A replica may not have yet what its leader has refused this for: the same is sent until it is seen.
      await this.#pause(tries);
    }
  }

  /** Before the next try of what is refused. Throws BackendUnavailable once the signal aborts. */
  async #pause(tries: number): Promise<void> {
    const { signal, onStalled } = this.#options;
    if (tries % TRIES_BEFORE_STALLED === TRIES_BEFORE_STALLED - 1) onStalled?.();
    await delayOrAbort(retryDelayMs(tries) / 5, signal);
    if (signal.aborted) throw new BackendUnavailable("The store is closed, or lost");
  }

  /** Takes in what others have written; returns how many records that are. */
  async #readOn(onRecord?: (record: StoredRecord) => void): Promise<number> {
    let count = 0;
    await this.#retrying(async () => {
      for await (const each of this.#options.log.readBehind(this.state.last)) {
        this.#absorb(each);
        onRecord?.(each);
        count++;
      }
    });
    return count;
  }

  #absorb(stored: StoredRecord): void {
    const { record } = stored;
    this.state.absorb(stored);
    if (record.kind === "record") this.#options.heads.absorb({ ...stored, record });
    this.#options.onRecord?.(stored);
  }

  #retrying<T>(work: () => Promise<T>): Promise<T> {
    const { signal, onAvailabilityChange } = this.#options;
    return retryWhileUnavailable(work, signal, onAvailabilityChange);
  }
}

function isOf(stored: StoredRecord, nonce: string): stored is StoredRecord<LogRecord> {
  return stored.record.kind === "record" && stored.record.head.nonce === nonce;
}
