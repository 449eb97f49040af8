/** The timers of a store in memory, kept current by following their messages. @module */
import { textOf } from "../../../schema/nats.ts";
import type { StreamMessage } from "../stream/direct_get.ts";
import { OrderedReader } from "../stream/ordered_reader.ts";
import type { NatsContext } from "../context.ts";
import { timeOf } from "../mailbox/timer_message.ts";

/** The message of a timer, and when it is due. Its event is read when it fires. */
export interface Timer {
  readonly subject: string;
  readonly position: number;
  readonly at: number;
  readonly processor: string;
  readonly partition: number;
  /** When this node first saw that it was due, by its monotonic clock. */
  dueSince?: number;
}

const AT_ONCE = 500;
const BYTES_AT_ONCE = 4_000_000;

type TimerIndexContext = Pick<NatsContext, "client" | "stream" | "subjects" | "caseHeads">;

export class TimerIndex {
  readonly #context: TimerIndexContext;
  readonly #reader: OrderedReader;
  readonly #timers = new Map<string, Timer>();
  #following: Promise<void> = Promise.resolve();

  constructor(context: TimerIndexContext) {
    this.#context = context;
    const { client, stream, subjects } = context;
    this.#reader = new OrderedReader({ client, stream, filters: [subjects.timers()], after: 0 });
  }

  /** Reads everything written until now. */
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
    if (found.deleted || Number.isNaN(timeOf(found.payload))) this.#timers.delete(found.subject);
    else this.#timers.set(found.subject, timerOf(this.#context, found));
  }

  get count(): number {
    return this.#timers.size;
  }

  /** When the next timer is due; Infinity without any. */
  get nextAt(): number {
    return this.#timers.values().reduce((least, { at }) => Math.min(least, at), Infinity);
  }

  /** The due timers, earliest first. */
  due(now: number): Timer[] {
    return [...this.#timers.values().filter(({ at }) => at <= now)].sort((a, b) => a.at - b.at);
  }

  /** Forgets a timer that fired. One that was changed meanwhile stays: its message follows. */
  forget({ subject, position }: Timer): void {
    if (this.#timers.get(subject)?.position === position) this.#timers.delete(subject);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

function timerOf({ caseHeads }: TimerIndexContext, { subject, position, payload }: StreamMessage): Timer {
  const [, , processor, caseId] = subject.split(".").map(textOf) as [string, string, string, string];
  return { subject, position, at: timeOf(payload), processor, partition: caseHeads.partitionOf(caseId) };
}
