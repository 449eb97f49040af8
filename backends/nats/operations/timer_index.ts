/** The timers of a store as they were told: followed from one word to the next, and never read anew. @module */
import { textOf } from "../../../schema/nats.ts";
import type { StreamMessage } from "../stream/direct_get.ts";
import { OrderedReader } from "../stream/ordered_reader.ts";
import type { NatsContext } from "../context.ts";
import { timeOf } from "../mailbox/timer_message.ts";

/** Where a timer stands, and when it is due: the row is read when it fires. */
export interface Timer {
  readonly subject: string;
  readonly position: number;
  readonly at: number;
  readonly processor: string;
  readonly partition: number;
  /** When it was first seen to be due, by this node's own clock. */
  dueSince?: number;
}

const AT_ONCE = 500;
const BYTES_AT_ONCE = 4_000_000;

export class TimerIndex {
  readonly #context: NatsContext;
  readonly #reader: OrderedReader;
  readonly #timers = new Map<string, Timer>();
  #following: Promise<void> = Promise.resolve();

  constructor(context: NatsContext) {
    this.#context = context;
    const { client, stream, subjects } = context;
    this.#reader = new OrderedReader({
      client,
      stream,
      filters: [subjects.timers()],
      after: 0,
      withSubjects: true,
    });
  }

  /** Takes in all that has been written until now. */
  follow(): Promise<void> {
    const followed = this.#following.then(() => this.#follow());
    this.#following = followed.catch(() => {});
    return followed;
  }

  async #follow(): Promise<void> {
    const reader = this.#reader;
    do {
      await reader.fill(AT_ONCE, BYTES_AT_ONCE);
      for (const found of reader.messages) this.#take(found);
      reader.dropUpTo(reader.position);
    } while (reader.pending > 0);
  }

  #take(found: StreamMessage): void {
    if (found.deleted) this.#timers.delete(found.subject);
    else this.#timers.set(found.subject, timerOf(this.#context, found));
  }

  get count(): number {
    return this.#timers.size;
  }

  /** When the next one is due; Infinity without any. */
  get nextAt(): number {
    return this.#timers.values().reduce((least, { at }) => Math.min(least, at), Infinity);
  }

  /** Those that are due, in the order in which they are. */
  due(now: number): Timer[] {
    return [...this.#timers.values().filter(({ at }) => at <= now)].sort((a, b) => a.at - b.at);
  }

  /** It has fired, or somebody changed it meanwhile, which we shall be told. */
  forget({ subject, position }: Timer): void {
    if (this.#timers.get(subject)?.position === position) this.#timers.delete(subject);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

function timerOf({ caseHeads }: NatsContext, { subject, position, payload }: StreamMessage): Timer {
  const [, , processor, caseId] = subject.split(".").map(textOf) as [string, string, string, string];
  return { subject, position, at: timeOf(payload), processor, partition: caseHeads.partitionOf(caseId) };
}
