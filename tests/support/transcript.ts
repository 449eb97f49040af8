/** What a process says, line by line, for a test that waits for a line. @module */

/** Long enough for a slow machine; a test that waits in vain says what it did hear. */
const TIMEOUT_MS = 120_000;

interface Waiter {
  readonly pattern: RegExp;
  resolve(line: string): void;
  reject(error: Error): void;
}

/** Collects the text of a stream. */
export class Transcript {
  text = "";
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  readonly #waiters = new Set<Waiter>();
  #rest = "";
  #over = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  /** The next line that matches, or one that has been said already. */
  async waitForLine(pattern: RegExp): Promise<string> {
    const before = this.text.split("\n").find((line) => pattern.test(line));
    if (before !== undefined) return before;
    return await this.next(pattern);
  }

  /** The next line that matches, from now on. */
  async next(pattern: RegExp): Promise<string> {
    if (this.#over) throw this.#timeOut(pattern);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const waiter = { pattern, resolve, reject };
    const timer = setTimeout(() => reject(this.#timeOut(pattern)), TIMEOUT_MS);
    this.#waiters.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) this.#receive(part);
    if (this.#rest !== "") this.#receive("\n");
    this.#over = true;
    for (const waiter of this.#waiters) waiter.reject(this.#timeOut(waiter.pattern));
  }

  #receive(part: string): void {
    this.text += part;
    const lines = (this.#rest + part).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      for (const waiter of this.#waiters) if (waiter.pattern.test(line)) waiter.resolve(line);
    }
  }

  #timeOut(pattern: RegExp): Error {
    return new Error(`Waited in vain for ${pattern}; what was said:\n${this.text}`);
  }
}
