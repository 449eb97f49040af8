/** The parked cases of one mailbox, in the memory of its owner and as messages. @module */
import { type Subjects, textOf } from "../../../schema/nats.ts";
import type { PositionOf, Write } from "../stream/atomic_publish.ts";
import type { NatsClient } from "../connection/client.ts";
import { readSubject, type StreamMessage } from "../stream/direct_get.ts";
import type { ParkedCase } from "../../settlement/parked_case.ts";

/** A parked case, and the position of the message that says so; 0 for none. */
export interface ParkedCaseRecord {
  readonly caseId: string;
  readonly waiting: ParkedCase;
  readonly at: number;
}

/** The parked case in a message. */
export function parkedCaseOf({ payload, position }: StreamMessage): ParkedCaseRecord {
  const { caseId, waiting } = JSON.parse(payload) as Omit<ParkedCaseRecord, "at">;
  return { caseId, waiting, at: position };
}

/** The message that replaces the parked deliveries of a case; empty when none is left. */
export function parkedWrite(subject: string, caseId: string, waiting: ParkedCase, at: number): Write {
  const expect = { filter: subject, last: at };
  return waiting.length === 0
    ? { subject, payload: "", tombstone: true, expect }
    : { subject, payload: JSON.stringify({ caseId, waiting }), rollup: true, expect };
}

/** Entries at which cases that are gone are forgotten. */
const TIDY_AT = 1_000;

export class ParkedCases {
  #cases = new Map<string, ParkedCaseRecord>();
  #tidyAt = TIDY_AT;

  constructor(
    readonly client: NatsClient,
    readonly stream: string,
    readonly subjects: Subjects,
    readonly processor: string,
    readonly partition: number,
  ) {}

  get all(): Iterable<ParkedCaseRecord> {
    return this.#cases.values();
  }

  has(caseId: string): boolean {
    return this.#cases.size > 0 &&
      (this.#cases.get(caseId)?.waiting.length ?? 0) > 0;
  }

  deliveriesOf(caseId: string): ParkedCase {
    return this.#cases.get(caseId)?.waiting ?? [];
  }

  /** Reads all of them. Cases that are gone are kept for a while, with the position of the message to be replaced. */
  async load(): Promise<void> {
    const cases = new Map<string, ParkedCaseRecord>();
    const filter = this.subjects.parkedCases(this.processor, this.partition);
    for await (const found of readSubject(this.client, this.stream, filter)) {
      const caseId = found.deleted ? caseIdOf(found.subject) : parkedCaseOf(found).caseId;
      cases.set(caseId, found.deleted ? { caseId, waiting: [], at: found.position } : parkedCaseOf(found));
    }
    this.#cases = cases;
  }

  /** The messages of the changed cases. */
  writes(changed: ReadonlyMap<string, ParkedCase>): Write[] {
    return [...changed].map(([caseId, waiting]) => {
      const subject = this.subjects.parked(this.processor, this.partition, caseId);
      return parkedWrite(subject, caseId, waiting, this.#cases.get(caseId)?.at ?? 0);
    });
  }

  /** Applies what was written, in the order of `writes`. */
  apply(changed: ReadonlyMap<string, ParkedCase>, at: PositionOf): void {
    let index = 0;
    for (const [caseId, waiting] of changed) this.#cases.set(caseId, { caseId, waiting, at: at(index++) });
    if (this.#cases.size > this.#tidyAt) this.#tidy();
  }

  /** Forgets cases that are gone. One that is parked again costs a conflict. */
  #tidy(): void {
    for (const [caseId, { waiting }] of this.#cases) if (waiting.length === 0) this.#cases.delete(caseId);
    this.#tidyAt = 2 * this.#cases.size + TIDY_AT;
  }
}

function caseIdOf(subject: string): string {
  return textOf(subject.slice(subject.lastIndexOf(".") + 1));
}
