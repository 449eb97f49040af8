/** Rows of numbers in one typed array: a case in memory costs bytes, and nothing for the garbage collector to visit. @module */

type NumberArray = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

const FIRST_ROWS = 64;

export class Pool<T extends NumberArray> {
  readonly #make: new (length: number) => T;
  readonly #width: number;
  #rows = 0;
  /** Row `i` begins at `i * width`. */
  values: T;

  constructor(make: new (length: number) => T, width: number) {
    this.#make = make;
    this.#width = width;
    this.values = new make(FIRST_ROWS * width);
  }

  /** Adds a row of zeros, and returns where it begins. */
  add(): number {
    const at = this.#rows++ * this.#width;
    if (at + this.#width > this.values.length) {
      const grown = new this.#make(2 * this.values.length);
      grown.set(this.values);
      this.values = grown;
    }
    return at;
  }
}
