/**
 * The fence: the checkpoint of a mailbox is a message, and every settle replaces exactly the one that its owner wrote
 * last. Whoever takes over writes first, so a stale owner expects a message that is gone.
 * @module
 */
import type { Subjects } from "../../schema/nats.ts";
import { type Abandoned, Fenced, type Trial } from "../mailbox.ts";
import type { Positions, Write } from "./atomic_batch.ts";
import type { NatsClient } from "./client.ts";
import { readLast } from "./direct.ts";
import { Conflict } from "./errors.ts";
import type { Writer } from "./writer.ts";

/** What a checkpoint message says. */
export interface Checkpoint {
  readonly epoch: number;
  readonly checkpoint: number;
  /** Null once the lease was given back. */
  readonly owner: string | null;
  readonly takes: readonly string[];
  /** When the last batch was settled, by the store's clock. */
  readonly settledAt: number | null;
  /** What was begun and not settled. */
  readonly trial?: Trial | null;
}

interface FenceOptions {
  readonly client: NatsClient;
  readonly writer: Writer;
  readonly stream: string;
  readonly subjects: Subjects;
  readonly processor: string;
  readonly partition: number;
  readonly owner: string;
  readonly takes: readonly string[];
}

export class Fence {
  readonly #options: FenceOptions;
  readonly #subject: string;
  #at = 0;
  #now!: Checkpoint;
  /** What the owner before left behind. */
  abandoned: Abandoned | undefined;

  private constructor(options: FenceOptions) {
    this.#options = options;
    this.#subject = options.subjects.checkpoint(options.processor, options.partition);
  }

  /** Takes a mailbox over: from now on nobody settles it under an earlier epoch. */
  static async take(options: FenceOptions): Promise<Fence> {
    const fence = new Fence(options);
    for (;;) {
      await fence.#read();
      const { epoch, checkpoint, settledAt, trial = null, owner: before } = fence.#now;
      const { owner, takes } = options;
      try {
        await fence.#write({ epoch: epoch + 1, checkpoint, owner, takes, settledAt, trial }, []);
        fence.abandoned = before === null ? undefined : trial === null ? {} : { trial };
        return fence;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }

  get now(): Checkpoint {
    return this.#now;
  }

  /** Writes the checkpoint with all that belongs to it, or nothing. Tells where each of `writes` is. */
  write(change: Partial<Checkpoint>, writes: readonly Write[]): Promise<Positions> {
    return this.#write({ ...this.#now, ...change }, writes);
  }

  /**
   * Reads where we are, after an outcome that is unknown. Throws Fenced when somebody took over; what they wrote is not
   * made our own, so that whatever we still write is refused.
   */
  async look(): Promise<void> {
    const [at, now] = [this.#at, this.#now];
    await this.#read();
    if (this.#now.epoch === now.epoch) return;
    [this.#at, this.#now] = [at, now];
    throw new Fenced(this.#options.processor, this.#options.partition, now.epoch);
  }

  async #read(): Promise<void> {
    const found = await readLast(this.#options.client, this.#options.stream, this.#subject);
    this.#at = found?.position ?? 0;
    this.#now = found === undefined ? NEVER : JSON.parse(found.payload);
  }

  async #write(next: Checkpoint, writes: readonly Write[]): Promise<Positions> {
    const checkpoint: Write = {
      subject: this.#subject,
      payload: JSON.stringify(next),
      replaces: true,
      expect: { filter: this.#subject, last: this.#at },
    };
    const at = await this.#options.writer.write([checkpoint, ...writes]);
    this.#at = at(0);
    this.#now = next;
    return (index) => at(index + 1);
  }
}

const NEVER: Checkpoint = { epoch: 0, checkpoint: 0, owner: null, takes: [], settledAt: null };
