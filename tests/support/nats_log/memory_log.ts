/** A log in memory with the expectations of JetStream, and clients of it whose requests fail as a network makes them fail. @module */
import { decodeRecord, decodeUnlessSkipped } from "../../../backends/nats/journal/record/decode_record.ts";
import { lacking } from "../../../backends/nats/journal/record/type_counts.ts";
import type { LinkedPayload } from "../../../backends/nats/journal/record/link.ts";
import type { PartitionLog } from "../../../backends/nats/journal/partition/partition_log.ts";
import type {
  LogRecord,
  MalformedRecord,
  StoredRecord,
  WantedTypes,
} from "../../../backends/nats/journal/record/record.ts";
import { Conflict } from "../../../backends/nats/connection/errors.ts";
import { BackendUnavailable } from "../../../backends/errors.ts";

/** A message as it comes. */
type Written = Pick<LinkedPayload, "payload"> & Partial<LinkedPayload>;

/** What a server holds of one partition, with gaps where other partitions have theirs. */
export class MemoryLog {
  readonly messages: ({ readonly sequence: number } & Written)[] = [];
  #gap = 0;

  get last(): number {
    return this.messages.at(-1)?.sequence ?? 0;
  }

  /** Without a link: by other hands. */
  append(records: readonly Written[], last: number): number {
    if (last !== this.last) throw new Conflict(this.last);
    const first = this.last + 1 + (this.#gap++ % 3);
    records.forEach((record, i) => this.messages.push({ sequence: first + i, ...record }));
    return first;
  }

  /** All records, with what other hands left; behind a sequence, and of those that nothing is wanted of the head alone. */
  records(behind = 0, wanted?: WantedTypes): StoredRecord[] {
    let previous: StoredRecord | undefined;
    return this.messages.filter(({ sequence }) => sequence > behind).map(({ sequence, payload, link }) => {
      const record = wanted === undefined
        ? decodeRecord(payload)
        : decodeUnlessSkipped(payload, lacking(wanted(sequence), previous));
      return previous = { sequence, record, link };
    });
  }
}

/** Stands around a write: what became of it, and what its client sees of that. */
type WriteFault = (write: () => number) => number | Promise<number>;

/** The write is stored, and its answer is lost. Others may be faster than the next try. */
export const answerLost = (meanwhile: () => unknown = () => {}): WriteFault => async (write) => {
  write();
  await meanwhile();
  throw new BackendUnavailable("the answer is lost");
};

/** The write never arrives. */
export const requestLost = (meanwhile: () => unknown = () => {}): WriteFault => async () => {
  await meanwhile();
  throw new BackendUnavailable("the request is lost");
};

/** Others are faster. */
export const overtaken = (meanwhile: () => unknown): WriteFault => async (write) => {
  await meanwhile();
  return write();
};

/** One client of a log. */
export class MemoryLogClient implements PartitionLog {
  readonly partition = 0;
  maxPayload = 1_000_000;
  /** What becomes of the next writes, one each. */
  readonly faults: WriteFault[] = [];
  /** How many records a replica that is read from is behind, for the next reads. */
  behind = 0;

  constructor(readonly log: MemoryLog) {}

  async append(records: readonly LinkedPayload[], last: number): Promise<number> {
    const write = () => this.log.append(records, last);
    const fault = this.faults.shift();
    return await (fault === undefined ? write() : fault(write));
  }

  async *readBehind(sequence: number, wanted?: WantedTypes): AsyncGenerator<StoredRecord> {
    const records = this.log.records(sequence, wanted);
    const visible = records.slice(0, Math.max(0, records.length - this.behind));
    if (this.behind > 0) this.behind--;
    yield* await Promise.resolve(visible);
  }

  firstBehind(sequence: number): Promise<number | undefined> {
    return Promise.resolve(this.log.messages.find((message) => message.sequence > sequence)?.sequence);
  }

  readNext(sequence: number): Promise<StoredRecord | undefined> {
    return Promise.resolve(this.log.records().find((each) => each.sequence > sequence));
  }

  readRecord(sequence: number, ofCase?: string): Promise<LogRecord | MalformedRecord | undefined> {
    const found = this.log.messages.find((message) => message.sequence === sequence);
    return Promise.resolve(found && decodeRecord(found.payload, ofCase));
  }
}
