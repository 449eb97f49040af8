/**
 * The fence: the checkpoint of a mailbox is a message, and every settlement replaces exactly the one its owner wrote last. A
 * new owner writes a checkpoint first, so the expectation of a stale owner fails.
 * @module
 */
import type { Subjects } from "../../../schema/nats.ts";
import { type CrashedOwner, Fenced, type InFlightMark } from "../../mailbox/mailbox.ts";
import type { PositionOf, Write } from "../stream/atomic_publish.ts";
import type { NatsClient } from "../connection/client.ts";
import { readLast } from "../stream/direct_get.ts";
import { Conflict } from "../connection/errors.ts";
import { lostLog } from "../setup/lost_store.ts";
import type { GroupCommit } from "../stream/group_commit.ts";

/** The content of a checkpoint message. */
export interface Checkpoint {
  readonly epoch: number;
  readonly checkpoint: number;
  /** Null once the lease was released. */
  readonly owner: string | null;
  readonly takes: readonly string[];
  /** When the last batch was settled, by the store's clock. */
  readonly settledAt: number | null;
  /** The deliveries that were begun and not settled. */
  readonly inFlight?: InFlightMark | null;
}

interface CheckpointOptions {
  readonly client: NatsClient;
  readonly writer: GroupCommit;
  readonly stream: string;
  readonly subjects: Subjects;
  readonly processor: string;
  readonly partition: number;
  readonly owner: string;
  readonly takes: readonly string[];
}

export class FencedCheckpoint {
  readonly #options: CheckpointOptions;
  readonly #subject: string;
  #at = 0;
  #current!: Checkpoint;
  /** What the previous owner left behind when it crashed. */
  crashedOwner: CrashedOwner | undefined;

  private constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#subject = options.subjects.checkpoint(options.processor, options.partition);
  }

  /** Takes a mailbox over: from now on no settlement under an earlier epoch succeeds. */
  static async takeOver(options: CheckpointOptions): Promise<FencedCheckpoint> {
    const fence = new FencedCheckpoint(options);
    for (;;) {
      await fence.#read();
      const { epoch, checkpoint, settledAt, inFlight: inFlight = null, owner: before } = fence.#current;
      const { owner, takes } = options;
      try {
        await fence.#write({ epoch: epoch + 1, checkpoint, owner, takes, settledAt, inFlight: inFlight }, []);
        fence.crashedOwner = before === null ? undefined : inFlight === null ? {} : { inFlight };
        return fence;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }

  get current(): Checkpoint {
    return this.#current;
  }

  /** Writes the checkpoint together with `writes`, or nothing. Returns the positions of `writes`. */
  write(change: Partial<Checkpoint>, writes: readonly Write[]): Promise<PositionOf> {
    return this.#write({ ...this.#current, ...change }, writes);
  }

  /**
   * Reads the checkpoint after an unknown outcome. Throws Fenced when another owner took over; its checkpoint is not adopted,
   * so that every later write of ours fails. Throws StoreLost when it is older than ours: epochs only grow.
   */
  async refresh(): Promise<void> {
    const [at, now] = [this.#at, this.#current];
    await this.#read();
    const { epoch } = this.#current;
    if (epoch === now.epoch) return;
    [this.#at, this.#current] = [at, now];
    if (epoch < now.epoch) throw lostLog(this.#options.stream, "was purged, or restored as it was before");
    throw new Fenced(this.#options.processor, this.#options.partition, now.epoch);
  }

  async #read(): Promise<void> {
    const found = await readLast(this.#options.client, this.#options.stream, this.#subject);
    this.#at = found?.position ?? 0;
    this.#current = found === undefined ? INITIAL_CHECKPOINT : JSON.parse(found.payload);
  }

  async #write(next: Checkpoint, writes: readonly Write[]): Promise<PositionOf> {
    const checkpoint: Write = {
      subject: this.#subject,
      payload: JSON.stringify(next),
      rollup: true,
      expect: { filter: this.#subject, last: this.#at },
    };
    const at = await this.#options.writer.write([checkpoint, ...writes]);
    this.#at = at(0);
    this.#current = next;
    return (index) => at(index + 1);
  }
}

const INITIAL_CHECKPOINT: Checkpoint = { epoch: 0, checkpoint: 0, owner: null, takes: [], settledAt: null };
