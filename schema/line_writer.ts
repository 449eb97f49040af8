/** Lines of text written as bytes, one by one. @module */

const LINE_BREAK = 0x0a;
/** UTF-8 takes at most this many bytes for a code unit of a string. */
const MOST_BYTES = 3;

const encoder = new TextEncoder();

/**
 * Collects lines, none of them empty, as UTF-8 with a line break between two. Encoding each at once takes a third of the
 * time of joining strings at the end, which every garbage collection would move meanwhile.
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

  /** A copy of what was written. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#used);
  }

  #grow(least: number): void {
    const before = this.#bytes;
    this.#bytes = new Uint8Array(Math.max(least, before.length * 2));
    this.#bytes.set(before.subarray(0, this.#used));
  }
}
