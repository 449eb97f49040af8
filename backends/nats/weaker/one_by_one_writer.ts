/**
 * Writing without atomic batches: message by message, and the checkpoint last. A crash in between leaves outputs that are
 * known by their ids when the batch is done again, and never a checkpoint beyond what is stored. Nothing is written when
 * anything is known to be in the way of any of it.
 * @module
 */
import type { Subjects } from "../../../schema/nats.ts";
import { markLines, payloadLength, type Positions, type Write, writeUnder } from "../atomic_batch.ts";
import type { NatsClient } from "../client.ts";
import { inOrder } from "../delivering.ts";
import { readLast, readNextAtLeader } from "../direct.ts";
import { Conflict, translate } from "../errors.ts";
import type { Writer } from "../writer.ts";

/** Where is written. */
export interface WeakerPlace {
  readonly client: NatsClient;
  readonly stream: string;
  readonly subjects: Subjects;
  /** A message may say when it may go by itself. */
  readonly expires: boolean;
}

/** Room for the headers that the server counts as part of a message. */
const HEADERS = 1_024;

export class OneByOneWriter implements Writer {
  /** One run at a time: two of one node would only be in each other's way. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(readonly place: WeakerPlace) {}

  write(writes: readonly Write[]): Promise<Positions> {
    const written = this.#turn.then(() => this.#write(writes));
    this.#turn = written.catch(() => {});
    return written;
  }

  async #write(writes: readonly Write[]): Promise<Positions> {
    requireRoom(writes, this.place.client.maxPayload);
    const order = orderOf(writes, this.place.subjects);
    const run = new Run(this.place);
    await run.begin(order.map((index) => writes[index]!));
    const at: number[] = [];
    for (const index of order) at[index] = await run.put(writes[index]!);
    return (index) => at[index]!;
  }
}

/** One that is too large would otherwise be found out half way. */
function requireRoom(writes: readonly Write[], most: number): void {
  for (const write of writes) {
    const size = payloadLength(write) + write.subject.length + HEADERS;
    if (writes.length > 1 && size > most) throw translate(new Error("max_payload size exceeded"));
  }
}

/** What a reader may build upon comes after it: kinds before events, all else before the checkpoint. */
const RANKS: Record<string, number> = { kind: 0, timer: 2, audit: 3, parked: 4, ckpt: 5 };
const EVENT_RANK = 1;

/** The places of the writes in the order in which they do no harm when the rest does not follow. */
export function orderOf(writes: readonly Write[], { run }: Subjects): number[] {
  const ranks = writes.map(({ subject }) => {
    const [first, what] = subject.split(".", 2);
    return first === run ? RANKS[what!]! : EVENT_RANK;
  });
  return [...writes.keys()].sort((a, b) => ranks[a]! - ranks[b]! || a - b);
}

/** The last position under a filter, as it must be. */
interface Head {
  readonly filter: string;
  last: number;
  /** The stretch in which that was looked up. */
  looked: number;
}

/**
 * A run of messages. A server without atomic batches knows no expectation of another subject than the message's own, or of
 * all subjects of a case, but one of the whole stream: a message is written only if nothing was since what it depends on
 * was looked up. Where somebody else has written, that is looked up again. So each message of a settlement is fenced.
 */
class Run {
  readonly #place: WeakerPlace;
  readonly #heads = new Map<string, Head>();
  /** What every message of the run depends on: the checkpoint that a settlement replaces, the timer that is fired. */
  #fence: Head | undefined;
  /** The last position of the stream, as far as is known. */
  #last = 0;
  /** Messages that follow each other with nobody else's between them are one stretch. */
  #stretch = 0;

  constructor(place: WeakerPlace) {
    this.#place = place;
  }

  /** Throws Conflict where something is in the way already. The writes are in their order. */
  async begin(writes: readonly Write[]): Promise<void> {
    for (const { expect } of writes) {
      if (expect !== undefined) this.#heads.set(expect.filter, { ...expect, looked: -1 });
    }
    const { subject, expect } = writes.at(-1)!;
    if (expect?.filter === subject) this.#fence = this.#heads.get(subject);
    if (this.#heads.size === 0) return;
    this.#last = await this.#lastPosition();
    await inOrder([...this.#heads.values()], (head) => this.#look(head));
  }

  /** Returns the position. Throws Conflict when something was written since that is in the way. */
  async put(write: Write): Promise<number> {
    const own = this.#heads.get(this.#place.subjects.caseOf(write.subject) ?? write.subject);
    const guards = [own, this.#fence].filter((head) => head !== undefined);
    if (guards.length === 0) return this.#came(await this.#publish(write, ""));
    for (;;) {
      const stale = guards.filter(({ looked }) => looked !== this.#stretch);
      await Promise.all(stale.map((head) => this.#look(head)));
      try {
        const at = await this.#publish(write, `Nats-Expected-Last-Sequence: ${this.#last}\r\n`);
        if (own !== undefined) own.last = at;
        return this.#came(at);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        this.#last = error.actual || await this.#lastPosition();
        this.#stretch++;
      }
    }
  }

  async #look(head: Head): Promise<void> {
    const looked = this.#stretch;
    const found = await this.#newest(head);
    if (found !== head.last) throw new Conflict(found);
    head.looked = looked;
  }

  /** An old server looks through every subject for the last of a case, and only at what is new for one that follows. */
  async #newest({ filter, last }: Head): Promise<number> {
    const { client, stream, subjects } = this.#place;
    const isCase = filter.startsWith(`${subjects.prefix}.`);
    if (last === 0 || !isCase) return (await readLast(client, stream, filter))?.position ?? 0;
    return (await readNextAtLeader(client, stream, filter, last + 1))?.position ?? last;
  }

  #publish(write: Write, expectation: string): Promise<number> {
    return writeUnder(this.#place.client, write, markLines(write, this.#place.expires) + expectation);
  }

  #came(at: number): number {
    if (at !== this.#last + 1) this.#stretch++;
    this.#last = at;
    return at;
  }

  /** Of an empty stream nothing can be expected, so it is given something. */
  async #lastPosition(): Promise<number> {
    const { client, stream, subjects } = this.#place;
    const { state } = await client.api<{ state: { last_seq: number } }>(`STREAM.INFO.${stream}`);
    if (state.last_seq > 0) return state.last_seq;
    return await this.#publish({ subject: subjects.begun(), payload: "1" }, "");
  }
}
