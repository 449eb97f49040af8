/** Finds commits in PostgreSQL's write-ahead log: which transaction ended last, and under which number. @module */

/** A commit, by the number under which its transaction began, and those of its parts. */
export interface Commit {
  readonly xid: number;
  readonly parts: readonly number[];
}

const PAGE_BYTES = 8_192;
/** Lengths of the header of a page: of any, and of the first of a file. */
const [SHORT_HEADER, LONG_HEADER] = [24, 40];
/** Flags of a page: it begins with the rest of a record; it has a long header; what was begun before it never ended. */
const [CONTINUES, LONG, OVERWRITES] = [0x1, 0x2, 0x8];
const RECORD_HEADER = 24;
/** Resource managers, by the number that a record has: the log itself, and transactions. */
const [LOG_MANAGER, TRANSACTIONS] = [0, 1];
/** Kinds of records: the rest of the file is empty; a commit, and one that was prepared. */
const [SWITCH, COMMIT, COMMIT_PREPARED] = [0x40, 0x00, 0x30];
/** The commit has more than its time. */
const HAS_INFO = 0x80;
/** What it has: a database, the numbers of its parts. */
const [HAS_DATABASE, HAS_PARTS] = [0x1, 0x2];
/** Before the data of a record: short, long, an origin, a number of the transaction around it. */
const [SHORT_DATA, LONG_DATA, ORIGIN, TOP_XID] = [255, 254, 253, 252];

/**
 * The commits in files of the log that follow on each other, in their order. `offset`: of the first record in the first file.
 * Ends where the log does.
 */
export async function* commitsIn(files: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Commit> {
  const records = new RecordReader(offset);
  for await (const file of files) {
    for (const record of records.read(file)) {
      const commit = parseCommit(record);
      if (commit !== undefined) yield commit;
    }
    if (records.ended) return;
  }
}

/** Puts records together, which run on over pages and files. */
class RecordReader {
  ended = false;
  #offset: number;
  #parts: Uint8Array[] = [];
  /** Bytes that the record under way still has; 0 when none is. */
  #missing = 0;

  constructor(offset: number) {
    this.#offset = offset;
  }

  /** The records that end in this file. */
  *read(file: Uint8Array): Generator<Uint8Array> {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const first = this.#offset - this.#offset % PAGE_BYTES;
    for (let page = first; page < file.length; page += PAGE_BYTES) {
      if (page + LONG_HEADER > file.length || view.getUint16(page, true) === 0) {
        return void (this.ended = true);
      }
      const flags = view.getUint16(page + 2, true);
      const header = (flags & LONG) !== 0 ? LONG_HEADER : SHORT_HEADER;
      if ((flags & OVERWRITES) !== 0) this.#drop();
      let at = Math.max(page + header, this.#offset);
      this.#offset = 0;
      if (this.#missing === 0 && (flags & CONTINUES) !== 0 && at === page + header) {
        at += aligned(view.getUint32(page + 16, true));
      }
      const isSwitched = yield* this.#readPage(file, view, at, Math.min(file.length, page + PAGE_BYTES));
      if (isSwitched || this.ended) return;
    }
  }

  /** Answers whether the rest of the file is empty. */
  *#readPage(file: Uint8Array, view: DataView, from: number, end: number): Generator<Uint8Array, boolean> {
    for (let at = from; at < end;) {
      if (this.#missing === 0) {
        this.#missing = at + 4 > end ? 0 : view.getUint32(at, true);
        if (this.#missing < RECORD_HEADER) return this.ended = true;
      }
      const part = file.subarray(at, Math.min(end, at + this.#missing));
      this.#parts.push(part);
      this.#missing -= part.length;
      at = aligned(at + part.length);
      if (this.#missing > 0) continue;
      const record = joined(this.#parts);
      this.#parts = [];
      yield record;
      if (record[17] === LOG_MANAGER && (record[16]! & 0xf0) === SWITCH) return true;
    }
    return false;
  }

  #drop(): void {
    this.#parts = [];
    this.#missing = 0;
  }
}

/** The commit that a record is; undefined for any other. */
function parseCommit(record: Uint8Array): Commit | undefined {
  const info = record[16]!;
  if (record[17] !== TRANSACTIONS || ![COMMIT, COMMIT_PREPARED].includes(info & 0x70)) return undefined;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const xid = view.getUint32(4, true);
  let at = RECORD_HEADER;
  while (record[at] === ORIGIN || record[at] === TOP_XID) at += record[at] === ORIGIN ? 3 : 5;
  if (record[at] !== SHORT_DATA && record[at] !== LONG_DATA) return { xid, parts: [] };
  at += (record[at] === SHORT_DATA ? 2 : 5) + 8;
  if ((info & HAS_INFO) === 0) return { xid, parts: [] };
  const has = view.getUint32(at, true);
  at += (has & HAS_DATABASE) !== 0 ? 12 : 4;
  if ((has & HAS_PARTS) === 0) return { xid, parts: [] };
  const count = view.getUint32(at, true);
  return { xid, parts: Array.from({ length: count }, (_, i) => view.getUint32(at + 4 + 4 * i, true)) };
}

function aligned(at: number): number {
  return Math.ceil(at / 8) * 8;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
