/**
 * What a workflow keeps of the events it has taken. Pure, and free of imports: it runs within workflows.
 * @module
 */

/** An event, as far as its order matters. */
export interface Numbered {
  readonly caseversion: number;
}

/**
 * Takes each event of a case once. Temporal drops a signal that comes twice within a run; a run that continues as a new one
 * hands `version` on, and what comes twice across the two is dropped here.
 */
export class Inbox<E extends Numbered> {
  readonly #waiting: E[] = [];
  #version: number;

  constructor(version = 0) {
    this.#version = version;
  }

  /** The version of the case with the last event taken. */
  get version(): number {
    return this.#version;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Called by the handler of the signal. */
  receive(event: E): void {
    if (event.caseversion <= this.#version) return;
    this.#version = event.caseversion;
    this.#waiting.push(event);
  }

  take(): E | undefined {
    return this.#waiting.shift();
  }
}
