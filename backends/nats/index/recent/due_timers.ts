/** The timers that are due soon, in memory, by due time. Those that are due later stay in the runs. @module */
import { BinaryHeap } from "@std/data-structures/binary-heap";
import { compareKeys, type IndexKey, keyText } from "../entry/key.ts";
import { dueKeyOf, type SetTimer } from "../run/due_entry.ts";

/** A timer of a run may have been changed in a newer one: that is found out when it is due. */
export interface DueTimer extends SetTimer {
  isVerified: boolean;
}

/** What is used of the heap, which has no types of its own. */
interface Heap<T> {
  peek(): T | undefined;
  push(value: T): number;
  pop(): T | undefined;
}

interface HeapEntry {
  readonly dueKey: IndexKey;
  readonly timer: DueTimer;
}

export class DueTimers {
  readonly #limit: number;
  #heap = newHeap();
  readonly #current = new Map<string, DueTimer>();
  /** Every timer that is due up to here is in memory, or was. */
  #loadedTo: IndexKey;

  /** @param from nothing that is due before this waits any more */
  constructor(from: number, limit: number) {
    this.#limit = limit;
    this.#loadedTo = dueKeyOf({ dueAt: from, key: { a: 0, b: 0, c: 0, d: 0 } });
  }

  get loadedTo(): IndexKey {
    return this.#loadedTo;
  }

  /** When the first is due, or may be. */
  get firstKey(): IndexKey {
    return this.#top()?.dueKey ?? this.#loadedTo;
  }

  /** Applies a change from the log: in place of the timer of this key comes another one, or none. */
  change(key: string, timer: SetTimer | undefined): void {
    if (timer !== undefined && compareKeys(dueKeyOf(timer), this.#loadedTo) <= 0) {
      this.#add(key, { ...timer, isVerified: true });
    } else this.#current.delete(key);
    if (this.#current.size > 2 * this.#limit) this.#shrink();
  }

  /** Adds timers found in runs and in the newest level; all that is due up to `to` is among them. */
  load(timers: Iterable<DueTimer>, to: IndexKey): void {
    for (const timer of timers) {
      const key = keyText(timer.key);
      const known = this.#current.get(key);
      // Of a timer that was set twice the runs have both.
      if (known === undefined || isNewer(timer, known)) this.#add(key, timer);
    }
    this.#loadedTo = to;
  }

  /** The first of those that are due at a time, at most so many. */
  due(until: number, limit: number): DueTimer[] {
    const taken: HeapEntry[] = [];
    for (let top = this.#top(); top !== undefined && taken.length < limit; top = this.#top()) {
      if (top.timer.dueAt > until) break;
      taken.push(this.#heap.pop()!);
    }
    for (const entry of taken) this.#heap.push(entry);
    return taken.map(({ timer }) => timer);
  }

  /** Forgets one that a newer change was found for. */
  forget(timer: DueTimer): void {
    const key = keyText(timer.key);
    if (this.#current.get(key) === timer) this.#current.delete(key);
  }

  #add(key: string, timer: DueTimer): void {
    this.#current.set(key, timer);
    this.#heap.push({ dueKey: dueKeyOf(timer), timer });
  }

  /** The first that still counts. */
  #top(): HeapEntry | undefined {
    for (let top = this.#heap.peek(); top !== undefined; top = this.#heap.peek()) {
      if (this.#current.get(keyText(top.timer.key)) === top.timer) return top;
      this.#heap.pop();
    }
    return undefined;
  }

  /** Keeps those that are due first; the others are loaded again when their time comes. */
  #shrink(): void {
    const sorted = [...this.#current].map(([key, timer]) => ({ key, dueKey: dueKeyOf(timer), timer }))
      .sort((one, other) => compareKeys(one.dueKey, other.dueKey));
    this.#heap = newHeap();
    for (const { key } of sorted.splice(this.#limit)) this.#current.delete(key);
    for (const entry of sorted) this.#heap.push(entry);
    this.#loadedTo = sorted.at(-1)!.dueKey;
  }
}

function isNewer(one: SetTimer, other: SetTimer): boolean {
  return one.sequence > other.sequence || (one.sequence === other.sequence && one.ordinal > other.ordinal);
}

function newHeap(): Heap<HeapEntry> {
  return new BinaryHeap((one: HeapEntry, other: HeapEntry) => compareKeys(one.dueKey, other.dueKey));
}
