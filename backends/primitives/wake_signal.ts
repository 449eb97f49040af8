/** An auto-reset event: wake-ups may be spurious but are never lost. @module */

/** Wakes one waiter. A notification between `reset` and `wait` is kept, so none is lost between looking and waiting. */
export class WakeSignal {
  #notified = false;
  #wake: (() => void) | undefined;

  notify(): void {
    this.#notified = true;
    this.#wake?.();
  }

  /** Whether it was notified since it was reset. */
  get isNotified(): boolean {
    return this.#notified;
  }

  /** Called before looking; a notification from then on ends the next wait. */
  reset(): void {
    this.#notified = false;
  }

  /** Resolves at the next notification, after `timeoutMs`, or when the signal aborts; never rejects. */
  wait(signal: AbortSignal, timeoutMs?: number): Promise<void> {
    if (this.#notified || signal.aborted) return Promise.resolve();
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
