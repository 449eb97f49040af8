/** Turns: so many may act at once, and the others wait in line. @module */

export class Turns {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolves when it is our turn, with what must be called at its end. */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    return () => this.#pass();
  }

  #pass(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
