/** The reactions to come, in order of time: a heap in which reactions can be cancelled. @module */
import { BinaryHeap } from "@std/data-structures/binary-heap";
import type { WireEvent } from "../../schema/events.ts";
import type { CitizenReaction } from "./life.ts";

interface ScheduledReaction {
  readonly time: number;
  readonly event: WireEvent;
}

/** What is used of the heap, which has no types of its own. */
interface Heap<T> {
  peek(): T | undefined;
  push(value: T): number;
  pop(): T | undefined;
}

export class ReactionSchedule {
  /** Earliest first. */
  readonly #heap: Heap<ScheduledReaction> = new BinaryHeap(inOrder);
  /** The ids still open, by case; a reaction that is not open is skipped when its time has come. */
  readonly #open = new Map<string, Set<string>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The time of the next one in milliseconds; undefined when there is none. */
  get nextAt(): number | undefined {
    this.#dropCancelled();
    return this.#heap.peek()?.time;
  }

  add({ at, event }: CitizenReaction): void {
    const open = this.#open.get(event.correlation_id) ?? new Set();
    if (open.has(event.event_id)) return;
    this.#open.set(event.correlation_id, open.add(event.event_id));
    this.#size++;
    this.#heap.push({ time: Date.parse(at), event });
  }

  /** Closes a reaction that has happened. */
  cancel({ correlation_id, event_id }: WireEvent): void {
    const open = this.#open.get(correlation_id);
    if (!open?.delete(event_id)) return;
    this.#size--;
    if (open.size === 0) this.#open.delete(correlation_id);
  }

  /** Closes all reactions of a case that has ended. */
  cancelCase(caseId: string): void {
    this.#size -= this.#open.get(caseId)?.size ?? 0;
    this.#open.delete(caseId);
  }

  /** Takes out at most `most` reactions that are due by `until`, earliest first. */
  takeDue(until: number, most: number): WireEvent[] {
    const due: WireEvent[] = [];
    while (due.length < most && (this.nextAt ?? Infinity) <= until) {
      const { event } = this.#heap.pop()!;
      this.cancel(event);
      due.push(event);
    }
    return due;
  }

  #dropCancelled(): void {
    for (let first = this.#heap.peek(); first !== undefined; first = this.#heap.peek()) {
      if (this.#open.get(first.event.correlation_id)?.has(first.event.event_id)) return;
      this.#heap.pop();
    }
  }
}

/** By time, then by id, so that the order is the same at every run. */
function inOrder(a: ScheduledReaction, b: ScheduledReaction): number {
  return a.time - b.time || (a.event.event_id < b.event.event_id ? -1 : 1);
}
