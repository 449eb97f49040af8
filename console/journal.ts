/** The log of a node: one line for every failure that was survived, and a bounded number of lines whatever happens. @module */
import type { DeliveryIds, Observer, SettledBatch } from "../actors/observer.ts";
import { Flood } from "./flood.ts";
import {
  awayEntry,
  backEntry,
  deliveryEntry,
  type Entry,
  fencedEntry,
  type JournalEvent,
  lineOf,
  moreEntry,
  processorRestartEntry,
  restartEntry,
} from "./journal_entry.ts";

/** Calls `act` after `ms`, unless the answer is called first. */
type Schedule = (act: () => void, ms: number) => () => void;

interface JournalOptions {
  /** NDJSON instead of lines for people. */
  readonly json: boolean;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
  /** In milliseconds. */
  readonly now?: () => number;
  readonly schedule?: Schedule;
}

interface Journal extends Observer {
  /** Writes what was kept back. */
  flush(): void;
  /** Flushes, and leaves no timer behind. Legal twice. */
  close(): void;
}

/** Kept back for this long at most, in milliseconds. */
const WINDOW_MS = 1_000;

/** Of one act, processor and class of error this many lines are written in a window; of so many of them at most. */
const LIMITS = { each: 5, keys: 32 };

/** A journal that writes through `write`. Normal work is not logged: metrics count it. */
export function createJournal(options: JournalOptions): Journal {
  return new BoundedJournal(options);
}

class BoundedJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #now: () => number;
  readonly #flood = new Flood<Entry>(LIMITS);
  #window: { readonly since: number; readonly cancel: () => void } | undefined;
  #away: { readonly since: number; tries: number } | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  settled(_batch: SettledBatch): void {}

  retried(ids: DeliveryIds, error: string): void {
    this.#say("retry", `${ids.processor}|${error}`, () => deliveryEntry("retry", ids, error));
  }

  deadLettered(ids: DeliveryIds, error: string): void {
    this.#say("dead_letter", `${ids.processor}|${error}`, () => deliveryEntry("dead_letter", ids, error));
  }

  held(ids: DeliveryIds): void {
    this.#say("held", ids.processor, () => deliveryEntry("held", ids), 0);
  }

  fenced(ids: { processor: string; partition: number; epoch: number }): void {
    this.#say("fenced", ids.processor, () => fencedEntry(ids));
  }

  workerRestarted(restart: { worker: number; exit: string; reason: string }): void {
    this.#say("worker_restart", restart.exit, () => restartEntry(restart));
  }

  processorRestarted(restart: { processor: string; reason: string }): void {
    this.#say("processor_restart", restart.processor, () => processorRestartEntry(restart));
  }

  /** Told at every try that fails, by everybody who tries: the first one is news. */
  backendUnavailable(reason: string): void {
    if (this.#away !== undefined) return void this.#away.tries++;
    this.#away = { since: this.#now(), tries: 1 };
    this.#say("backend_away", "", () => awayEntry(reason));
  }

  backendAvailable(): void {
    if (this.#away === undefined) return;
    const { since, tries } = this.#away;
    this.#away = undefined;
    this.#say("backend_back", "", () => backEntry(this.#now() - since, tries));
  }

  flush(): void {
    if (this.#window === undefined) return;
    const { since, cancel } = this.#window;
    this.#window = undefined;
    cancel();
    const now = this.#now();
    for (const { sample, count } of this.#flood.drain()) {
      this.#write(moreEntry(sample, count, now - since), now);
    }
  }

  close(): void {
    this.flush();
  }

  #say(event: JournalEvent, detail: string, make: () => Entry, each?: number): void {
    const now = this.#now();
    // The timer may be late when the thread is busy; a new window does not wait for it.
    if (this.#window !== undefined && now - this.#window.since >= WINDOW_MS) this.flush();
    this.#window ??= { since: now, cancel: (this.#options.schedule ?? later)(() => this.flush(), WINDOW_MS) };
    const entry = this.#flood.admit(event, detail, make, each);
    if (entry !== undefined) this.#write(entry, now);
  }

  #write(entry: Entry, now: number): void {
    this.#options.write(lineOf(entry, now, this.#options.json));
  }
}

/** A timer that does not keep the process alive. */
function later(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms);
  Deno.unrefTimer(timer);
  return () => clearTimeout(timer);
}

/** One observer that tells all of them, in the given order. */
export function combine(...observers: readonly Observer[]): Observer {
  const each = (tell: (observer: Observer) => void) => observers.forEach(tell);
  return {
    settled: (batch) => each((observer) => observer.settled(batch)),
    retried: (ids, error) => each((observer) => observer.retried(ids, error)),
    deadLettered: (ids, error) => each((observer) => observer.deadLettered(ids, error)),
    held: (ids) => each((observer) => observer.held(ids)),
    fenced: (ids) => each((observer) => observer.fenced(ids)),
    workerRestarted: (exit) => each((observer) => observer.workerRestarted(exit)),
    processorRestarted: (restart) => each((observer) => observer.processorRestarted?.(restart)),
    backendUnavailable: (reason) => each((observer) => observer.backendUnavailable(reason)),
    backendAvailable: () => each((observer) => observer.backendAvailable()),
  };
}
