/** Durable timers: events that will be appended to their case when their time has come. @module */
import type { StoredTimerChange } from "../mailbox/mailbox.ts";
import { BroadcastSignal } from "./broadcast_signal.ts";
import { type LogEntryDraft, parseEntryDraft } from "./event_log.ts";

interface Timer {
  readonly at: number;
  readonly draft: LogEntryDraft;
}

/** A timer change, checked and ready to apply: no timer means that it is cancelled. */
export interface TimerWrite {
  readonly key: string;
  readonly timer: Timer | null;
}

/** Reads a timer change. Throws RangeError or SyntaxError for one that could not fire. */
export function timerWrite(change: StoredTimerChange): TimerWrite {
  const key = JSON.stringify([change.processor, change.caseId, change.name]);
  if (change.kind === "cancel") return { key, timer: null };
  const at = Date.parse(change.at);
  if (Number.isNaN(at)) throw new RangeError(`Cannot set a timer at a time that is none: ${change.at}`);
  return { key, timer: { at, draft: parseEntryDraft(change.row) } };
}

/** Timers by processor, case and name. */
export class TimerTable {
  /** Notifies when a timer was set or cancelled. */
  readonly changed = new BroadcastSignal();
  #timers = new Map<string, Timer>();

  apply({ key, timer }: TimerWrite): void {
    if (timer === null) this.#timers.delete(key);
    else this.#timers.set(key, timer);
    this.changed.notifyAll();
  }

  /** Takes out the timers that are due, earliest first; their events are appended in the same synchronous step. */
  takeDue(now: number): LogEntryDraft[] {
    const due = [...this.#timers].filter(([, timer]) => timer.at <= now).sort(([, a], [, b]) => a.at - b.at);
    for (const [key] of due) this.#timers.delete(key);
    return due.map(([, timer]) => timer.draft);
  }

  get size(): number {
    return this.#timers.size;
  }

  /** When the next timer is due; Infinity when there is none. */
  nextDue(): number {
    return Math.min(Infinity, ...this.#timers.values().map((timer) => timer.at));
  }
}
