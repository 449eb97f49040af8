/**
 * Group commit: concurrent writes of the mailboxes and producers of a node share one atomic batch. A server commits a few
 * hundred batches a second, however small they are.
 * @module
 */
import { BackendUnavailable } from "../../errors.ts";
import { MAX_BATCH_MESSAGES, type PositionOf, type Write, writeBatch, writeOne } from "./atomic_publish.ts";
import type { NatsClient } from "../connection/client.ts";

interface PendingWrite {
  readonly writes: readonly Write[];
  resolve(at: PositionOf): void;
  reject(error: unknown): void;
}

/**
 * Batches under way. Writes that arrive meanwhile wait and share the next one: the server creates and removes a file store for
 * each batch, one after the other, which takes 3 ms whatever the batch holds.
 */
const IN_FLIGHT = 1;
/** Writes that nearly fill a batch gain nothing by waiting. The server takes 50 open batches of all its clients. */
const FULL = MAX_BATCH_MESSAGES * 0.9;
const FULL_IN_FLIGHT = 8;

/** Writes messages that belong together. */
export class GroupCommit {
  readonly #queue: PendingWrite[] = [];
  #inFlight = 0;
  #lastPosition = 0;

  constructor(readonly client: NatsClient) {}

  /** The highest position that was written here; 0 when nothing was. */
  get lastPosition(): number {
    return this.#lastPosition;
  }

  /** Writes all or none, and returns their positions. Throws as `writeBatch`. */
  write(writes: readonly Write[]): Promise<PositionOf> {
    const { promise, resolve, reject } = Promise.withResolvers<PositionOf>();
    this.#queue.push({ writes, resolve, reject });
    this.#drain();
    return promise;
  }

  #drain(): void {
    while (this.#canSend()) {
      this.#inFlight++;
      void this.#send(nextGroup(this.#queue)).finally(() => {
        this.#inFlight--;
        this.#drain();
      });
    }
  }

  #canSend(): boolean {
    let waiting = 0;
    for (const { writes } of this.#queue) waiting += writes.length;
    return waiting > 0 && this.#inFlight < (waiting < FULL ? IN_FLIGHT : FULL_IN_FLIGHT);
  }

  async #send(group: readonly PendingWrite[]): Promise<void> {
    try {
      let next = await this.#commit(group.flatMap(({ writes }) => writes));
      for (const { writes, resolve } of group) {
        const first = next;
        resolve((index) => first + index);
        next += writes.length;
      }
      this.#lastPosition = Math.max(this.#lastPosition, next - 1);
    } catch (error) {
      // A rejected batch was not stored: each write is then tried by itself. An unknown outcome is reported to all of them.
      if (group.length > 1 && !(error instanceof BackendUnavailable)) {
        for (const one of group) await this.#send([one]);
      } else for (const { reject } of group) reject(error);
    }
  }

  #commit(writes: readonly Write[]): Promise<number> {
    return writes.length === 1 ? writeOne(this.client, writes[0]!) : writeBatch(this.client, writes);
  }
}

/**
 * Takes from the queue the writes of the next batch: the first, and those that still fit. The server checks expectations
 * against the state before the batch, so two writes with an expectation on the same subject cannot share one: the second
 * would not see the first.
 */
export function nextGroup(queue: PendingWrite[]): PendingWrite[] {
  const first = queue.shift()!;
  if (queue.length === 0) return [first];
  const group = [first];
  const filters = new Set(filtersOf(first));
  let size = first.writes.length;
  for (let i = 0; i < queue.length && size < MAX_BATCH_MESSAGES;) {
    const next = queue[i]!;
    const mine = size + next.writes.length > MAX_BATCH_MESSAGES ? undefined : filtersOf(next);
    if (mine === undefined || mine.some((filter) => filters.has(filter))) {
      i++;
      continue;
    }
    for (const filter of mine) filters.add(filter);
    size += next.writes.length;
    group.push(...queue.splice(i, 1));
  }
  return group;
}

/** The filters a write has expectations on, and the subjects it replaces, which another write may have one on. */
function filtersOf({ writes }: PendingWrite): string[] {
  const filters: string[] = [];
  for (const { expect, subject, rollup, tombstone } of writes) {
    if (expect !== undefined) filters.push(expect.filter);
    if ((rollup || tombstone) && expect?.filter !== subject) filters.push(subject);
  }
  return filters;
}
