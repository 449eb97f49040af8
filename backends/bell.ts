/** A bell: something may have come. It may ring for nothing, and never fails to ring. @module */

/** Wakes one waiter. A ring between `reset` and `wait` is kept, so none is lost between looking and waiting. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Whether it rang since it was reset. */
  get isRung(): boolean {
    return this.#rung;
  }

  /** Call it before looking; a ring from then on ends the next wait. */
  reset(): void {
    this.#rung = false;
  }

  /** Resolves at the next ring, after `timeoutMs`, or when the signal aborts; never rejects. */
  wait(signal: AbortSignal, timeoutMs?: number): Promise<void> {
    if (this.#rung || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, Math.min(timeoutMs, 2 ** 30));
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
    });
  }
}
