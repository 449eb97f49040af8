/** The records of one partition in their stream: written directly behind the last one that is known, or not at all. @module */
import type { NatsClient } from "../../connection/client.ts";
import { writeAtomically } from "../../stream/atomic_publish.ts";
import {
  type MessageBytes,
  positionOfNext,
  readBytesAt,
  readNextBytes,
  readSubjectBytes,
} from "../../stream/direct_get.ts";
import { decodeRecord, decodeUnlessSkipped, type IsSkipped } from "../record/decode_record.ts";
import { lacking } from "../record/type_counts.ts";
import { LINK_HEADER, type LinkedPayload } from "../record/link.ts";
import type { LogRecord, MalformedRecord, StoredRecord, WantedTypes } from "../record/record.ts";

/** Every method throws BackendUnavailable where there is no answer. */
export interface PartitionLog {
  readonly partition: number;
  /** The largest record that it takes, in bytes. */
  readonly maxPayload: number;
  /**
   * Writes records that follow each other directly, all or none, where `last` is the sequence of the last one there is;
   * returns the sequence of the first. Throws Conflict where another one is there, and BackendUnavailable when they may or may
   * not be written.
   */
  append(records: readonly LinkedPayload[], last: number): Promise<number>;
  /**
   * The records behind a sequence, as far as the server that is asked has them: a replica may be behind. Of those that hold
   * nothing that is wanted of them only the head is read: see `unread`.
   */
  readBehind(sequence: number, wanted?: WantedTypes): AsyncIterable<StoredRecord>;
  /** The sequence of the first record behind a sequence, by the server that takes the writes; undefined for none. */
  firstBehind(sequence: number): Promise<number | undefined>;
  /** The first record behind a sequence, as the server that is asked has it; undefined for none. */
  readNext(sequence: number): Promise<StoredRecord | undefined>;
  /** One record, with the events of all its cases or of one; undefined where there is none. */
  readRecord(sequence: number, ofCase?: string): Promise<LogRecord | MalformedRecord | undefined>;
}

/** Room in a message for its headers. */
const HEADERS_ROOM = 512;

export class NatsPartitionLog implements PartitionLog {
  constructor(
    readonly client: NatsClient,
    readonly stream: string,
    readonly subject: string,
    readonly partition: number,
  ) {}

  get maxPayload(): number {
    return this.client.maxPayload - HEADERS_ROOM;
  }

  append(records: readonly LinkedPayload[], last: number): Promise<number> {
    const { client, subject } = this;
    const writes = records.map(({ payload, link }) => ({ payload, header: `${LINK_HEADER}: ${link}` }));
    return writeAtomically(client, subject, writes, last);
  }

  async *readBehind(sequence: number, wanted?: WantedTypes): AsyncGenerator<StoredRecord> {
    const { client, stream, subject } = this;
    let previous: StoredRecord | undefined;
    for await (const message of readSubjectBytes(client, stream, subject, sequence + 1)) {
      yield previous = storedRecordOf(message, wanted && lacking(wanted(message.position), previous));
    }
  }

  firstBehind(sequence: number): Promise<number | undefined> {
    return positionOfNext(this.client, this.stream, this.subject, sequence + 1);
  }

  async readNext(sequence: number): Promise<StoredRecord | undefined> {
    const { client, stream, subject } = this;
    const found = await readNextBytes(client, stream, subject, sequence + 1);
    return found && storedRecordOf(found);
  }

  async readRecord(sequence: number, ofCase?: string): Promise<LogRecord | MalformedRecord | undefined> {
    const bytes = await readBytesAt(this.client, this.stream, sequence);
    return bytes && decodeRecord(bytes, ofCase);
  }
}

function storedRecordOf(
  { position: sequence, data, header }: MessageBytes,
  isSkipped?: IsSkipped,
): StoredRecord {
  const record = isSkipped === undefined ? decodeRecord(data) : decodeUnlessSkipped(data, isSkipped);
  return { sequence, record, link: header(LINK_HEADER) };
}
