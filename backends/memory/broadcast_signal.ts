/** A signal that wakes every listener. @module */
import type { Clock } from "../primitives/clock.ts";

interface Listener {
  notify(): void;
}

/** Notifying without a listener does nothing: look first, then listen. */
export class BroadcastSignal {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): void {
    this.#listeners.add(listener);
  }

  delete(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  notifyAll(): void {
    for (const listener of [...this.#listeners]) listener.notify();
  }

  /** Resolves when it is notified, `ms` have passed or the signal aborts, whichever comes first. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    // With a reason: an abort without one makes an error, whose stack costs more than the rest of a wait.
    const listener = { notify: () => over.abort("notified") };
    this.add(listener);
    await clock.wait(ms, AbortSignal.any([over.signal, signal]));
    this.delete(listener);
  }
}
