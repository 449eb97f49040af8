/** Lines of text written as bytes, one by one. @module */

const LINE_BREAK = 0x0a;
/** UTF-8 takes at most so many bytes for a code unit of a string. */
const MOST_BYTES = 3;

const encoder = new TextEncoder();

/**
 * Gathers lines, none of them empty, as UTF-8 with a line break between two. Text that is kept until all of it is there
 * is moved by every cleaning of the heap meanwhile; written at once it takes a third of the time.
 */
export class LineWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;

  /** `expected`: about how many bytes there will be. */
  constructor(expected: number) {
    this.#bytes = new Uint8Array(expected);
  }

  write(line: string): void {
    const end = this.#used + 1 + line.length * MOST_BYTES;
    if (end > this.#bytes.length) this.#grow(end);
    if (this.#used > 0) this.#bytes[this.#used++] = LINE_BREAK;
    this.#used += encoder.encodeInto(line, this.#bytes.subarray(this.#used)).written;
  }

  /** What was written, in memory of its own. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#used);
  }

  #grow(least: number): void {
    const before = this.#bytes;
    this.#bytes = new Uint8Array(Math.max(least, before.length * 2));
    this.#bytes.set(before.subarray(0, this.#used));
  }
}
