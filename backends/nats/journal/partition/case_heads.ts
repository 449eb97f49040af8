/** The port by which an owner knows its cases, whatever keeps them; and what an index is made of. @module */
import { fnv1a32 } from "../../../../schema/partition.ts";
import type { LogRecord, StoredRecord } from "../record/record.ts";

/** What is known of a case without reading it. */
export interface CaseHead {
  readonly version: number;
  /** The sequences of the records that it has events in, in order. */
  readonly sequences: readonly number[];
  /** False only if the case has no event of this id: rarely true for one that it does not have. */
  mayHold(eventId: string): boolean;
}

/** The events that a record adds to one case. */
interface AddedEvents {
  readonly caseId: string;
  readonly firstVersion: number;
  readonly events: readonly {
    readonly eventId: string;
    readonly type: string;
    readonly recordedAt: number;
  }[];
}

/** What a record adds to the cases of a partition. */
interface CaseAdditions {
  readonly sequence: number;
  /** Up to which sequence the cases are known, once this is taken in; and the nonce of the record there. */
  readonly upTo: number;
  readonly nonce: string;
  readonly cases: readonly AddedEvents[];
}

/** The cases of a partition. */
export interface CaseHeads {
  /** The case; undefined for one without events. At once where that is known without reading. */
  find(caseId: string): CaseHead | undefined | Promise<CaseHead | undefined>;
  /** Takes in what a record adds. What was taken in before changes nothing. */
  absorb(additions: CaseAdditions): void;
}

/** What a record adds, by case. */
export function additionsOf({ sequence, record: { head, events } }: StoredRecord<LogRecord>): CaseAdditions {
  const { recordedAt, nonce } = head;
  const cases = Map.groupBy(events, ({ caseId }) => caseId);
  return {
    sequence,
    upTo: sequence,
    nonce,
    cases: Array.from(cases, ([caseId, added]) => ({
      caseId,
      firstVersion: added[0]!.version,
      events: added.map(({ eventId, type }) => ({ eventId, type, recordedAt })),
    })),
  };
}

/** Heads in memory, all of them: for a log without an index. */
export class MemoryCaseHeads implements CaseHeads {
  readonly #cases = new Map<string, MemoryHead>();

  find(caseId: string): CaseHead | undefined {
    return this.#cases.get(caseId);
  }

  absorb({ sequence, cases }: CaseAdditions): void {
    for (const added of cases) {
      const head = this.#cases.get(added.caseId) ?? new MemoryHead();
      this.#cases.set(added.caseId, head);
      head.add(sequence, added);
    }
  }
}

class MemoryHead implements CaseHead {
  version = 0;
  readonly sequences: number[] = [];
  readonly #fingerprints: number[] = [];

  mayHold(eventId: string): boolean {
    return this.#fingerprints.includes(fnv1a32(eventId));
  }

  add(sequence: number, { firstVersion, events }: AddedEvents): void {
    if (sequence <= (this.sequences.at(-1) ?? 0)) return;
    this.sequences.push(sequence);
    this.version = firstVersion + events.length - 1;
    for (const { eventId } of events) this.#fingerprints.push(fnv1a32(eventId));
  }
}
