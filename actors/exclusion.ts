/** Who may be inside together: many at once, or one alone. In order of arrival. @module */

interface Waiting {
  readonly alone: boolean;
  readonly enter: () => void;
}

/** Lets in any number of those who share, and whoever wants to be alone when nobody else is inside. */
export class Exclusion {
  #inside = 0;
  #isTaken = false;
  readonly #queue: Waiting[] = [];

  /** Resolves, in its turn, to the function that leaves. */
  enter(alone: boolean): Promise<() => void> {
    return new Promise((resolve) => {
      this.#queue.push({ alone, enter: () => resolve(() => this.#leave()) });
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#queue[0]; next !== undefined && this.#mayEnter(next); next = this.#queue[0]) {
      this.#queue.shift();
      this.#inside++;
      this.#isTaken = next.alone;
      next.enter();
    }
  }

  #mayEnter({ alone }: Waiting): boolean {
    return !this.#isTaken && (!alone || this.#inside === 0);
  }

  #leave(): void {
    this.#inside--;
    this.#isTaken = false;
    this.#admit();
  }
}
