/** A queue that is read as an async iterable. @module */
import { WakeSignal } from "./wake_signal.ts";

interface AsyncQueue<T> {
  push(item: T): void;
  /** Everything that is pushed, until the signal aborts. One reader. */
  items(): AsyncGenerator<T>;
  /** Takes out what was not read. */
  drain(): T[];
}

/** Its length is bounded by its producer: here, one mailbox a partition. */
export function createAsyncQueue<T>(signal: AbortSignal): AsyncQueue<T> {
  const items: T[] = [];
  const wakeSignal = new WakeSignal();
  return {
    push(item) {
      items.push(item);
      wakeSignal.notify();
    },
    async *items() {
      while (!signal.aborted) {
        wakeSignal.reset();
        const item = items.shift();
        if (item === undefined) await wakeSignal.wait(signal);
        else yield item;
      }
    },
    drain: () => items.splice(0),
  };
}
