/** A queue of things that arrive, read as an async iterable. @module */
import { Bell } from "./bell.ts";

interface Arrivals<T> {
  add(item: T): void;
  /** Everything that arrives, until the signal aborts. One reader. */
  all(): AsyncGenerator<T>;
  /** Takes out what was not read. */
  rest(): T[];
}

/** Its length is bounded by what can arrive: here, one mailbox a partition. */
export function arrivals<T>(signal: AbortSignal): Arrivals<T> {
  const items: T[] = [];
  const bell = new Bell();
  return {
    add(item) {
      items.push(item);
      bell.ring();
    },
    async *all() {
      while (!signal.aborted) {
        bell.reset();
        const item = items.shift();
        if (item === undefined) await bell.wait(signal);
        else yield item;
      }
    },
    rest: () => items.splice(0),
  };
}
