/** The reactions to come, in order of time: a heap in which reactions can be cancelled. @module */
import type { WireEvent } from "../../schema/events.ts";
import type { CitizenReaction } from "./life.ts";

interface ScheduledReaction {
  readonly time: number;
  readonly event: WireEvent;
}

export class ReactionSchedule {
  readonly #heap: ScheduledReaction[] = [];
  /** The ids still open, by case; a reaction that is not open is skipped when its time has come. */
  readonly #open = new Map<string, Set<string>>();
  #size = 0;

  /** The number of open reactions. */
  get size(): number {
    return this.#size;
  }

  /** The time of the next one in milliseconds; undefined when there is none. */
  get nextAt(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.time;
  }

  add({ at, event }: CitizenReaction): void {
    const open = this.#open.get(event.correlation_id) ?? new Set();
    if (open.has(event.event_id)) return;
    this.#open.set(event.correlation_id, open.add(event.event_id));
    this.#size++;
    this.#push({ time: Date.parse(at), event });
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
      const { event } = this.#pop();
      this.cancel(event);
      due.push(event);
    }
    return due;
  }

  #dropCancelled(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#open.get(first.event.correlation_id)?.has(first.event.event_id)) return;
      this.#pop();
    }
  }

  #push(reaction: ScheduledReaction): void {
    const heap = this.#heap;
    let at = heap.push(reaction) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isEarlier(reaction, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = reaction;
  }

  #pop(): ScheduledReaction {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(reaction: ScheduledReaction): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isEarlier(heap[child + 1]!, heap[child]!)) child++;
      if (!isEarlier(heap[child]!, reaction)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = reaction;
  }
}

/** By time, then by id, so that the order is the same at every run. */
function isEarlier(a: ScheduledReaction, b: ScheduledReaction): boolean {
  return a.time < b.time || (a.time === b.time && a.event.event_id < b.event.event_id);
}
