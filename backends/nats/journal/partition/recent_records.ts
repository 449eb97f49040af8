/** The last records of a partition in memory, so that its owner need not read back what it has just written. @module */
import type { LogRecord, StoredRecord } from "../record/record.ts";

/** The bytes of events that are kept. */
const MOST_BYTES = 2_000_000;

export class RecentRecords {
  readonly #records: { readonly stored: StoredRecord; readonly bytes: number }[] = [];
  #bytes = 0;
  /** The sequence behind which all records are here; undefined before the first. */
  #since: number | undefined;

  constructor(readonly most = MOST_BYTES) {}

  /** Adds the next record, and drops the first ones when there are too many bytes. */
  add(stored: StoredRecord): void {
    this.#since ??= stored.record.kind === "record" ? stored.record.head.before : stored.sequence - 1;
    const bytes = stored.record.kind === "record" ? bytesOf(stored.record) : 0;
    this.#records.push({ stored, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.most) {
      const first = this.#records.shift()!;
      this.#bytes -= first.bytes;
      this.#since = first.stored.sequence;
    }
  }

  /** The records behind a sequence; undefined when some of them are not here. */
  behind(sequence: number): StoredRecord[] | undefined {
    if (this.#since === undefined || sequence < this.#since) return undefined;
    const first = this.#records.findLastIndex(({ stored }) => stored.sequence <= sequence) + 1;
    return this.#records.slice(first).map(({ stored }) => stored);
  }
}

function bytesOf({ events }: LogRecord): number {
  return events.reduce((sum, { rest }) => sum + rest.length, 0);
}
