/** The log of a node: a line for every failure that was survived, and a bounded number of lines whatever happens. @module */
import type { DeliveryIds, Observer, SettledBatch } from "../../actors/observer.ts";
import type { PauseTarget } from "../../backends/pauses.ts";
import { LogLimiter } from "./log_limiter.ts";
import {
  deliveryEntry,
  fencedEntry,
  formatEntry,
  type LogEntry,
  type LogEvent,
  outageEntry,
  pausedEntry,
  processorRestartEntry,
  recoveryEntry,
  refusedInputEntry,
  restartEntry,
  suppressedEntry,
} from "./log_entry.ts";
import { isLogged, type LogLevel } from "./log_line.ts";

/** Calls `act` after `ms`, unless what it returns is called first. */
type TimerScheduler = (act: () => void, ms: number) => () => void;

interface NodeLogOptions {
  /** NDJSON instead of lines for people. */
  readonly json: boolean;
  /** Less urgent entries are not written. Default: all are. */
  readonly level?: LogLevel | undefined;
  /** The node's name, for JSON. */
  readonly node?: string | undefined;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
  /** In milliseconds. */
  readonly now?: () => number;
  readonly schedule?: TimerScheduler;
}

interface NodeLog extends Observer {
  /** Writes how often lines were suppressed. */
  flush(): void;
  /** Flushes, and leaves no timer behind. Legal twice. */
  close(): void;
}

/** Suppressed lines are counted for this long at most, in milliseconds. */
const WINDOW_MS = 1_000;

/** In a window: lines for one kind of event, processor and class of error; and how many such keys are counted separately. */
const LIMITS = { each: 5, keys: 32 };

/** Reasons of one outage that are told apart. */
const REASONS = 5;

/** A log that writes through `write`. Normal work is not logged: metrics count it. */
export function createNodeLog(options: NodeLogOptions): NodeLog {
  return new LimitedNodeLog(options);
}

class LimitedNodeLog implements NodeLog {
  readonly #options: NodeLogOptions;
  readonly #now: () => number;
  readonly #limiter = new LogLimiter<LogEntry>(LIMITS);
  #window: { readonly since: number; readonly cancel: () => void } | undefined;
  #outage: { readonly since: number; readonly reasons: Set<string>; tries: number } | undefined;

  constructor(options: NodeLogOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  settled(_batch: SettledBatch): void {}

  retried(ids: DeliveryIds, error: string): void {
    this.#log("retry", `${ids.processor}|${error}`, () => deliveryEntry("retry", ids, error));
  }

  deadLettered(ids: DeliveryIds, error: string): void {
    this.#log("dead_letter", `${ids.processor}|${error}`, () => deliveryEntry("dead_letter", ids, error));
  }

  held(ids: DeliveryIds): void {
    this.#log("held", ids.processor, () => deliveryEntry("held", ids), 0);
  }

  fenced(ids: { processor: string; partition: number; epoch: number }): void {
    this.#log("fenced", ids.processor, () => fencedEntry(ids));
  }

  workerRestarted(restart: { worker: number; exit: string; reason: string }): void {
    this.#log("worker_restart", restart.exit, () => restartEntry(restart));
  }

  processorRestarted(restart: { processor: string; reason: string }): void {
    this.#log("processor_restart", restart.processor, () => processorRestartEntry(restart));
  }

  inputRefused(refusal: { id: number; refusalClass: string }): void {
    this.#log("input_refused", refusal.refusalClass, () => refusedInputEntry(refusal));
  }

  pauseChanged(change: PauseTarget & { readonly isPaused: boolean }): void {
    this.#log("pause", change.name, () => pausedEntry(change));
  }

  /** Called at every attempt that fails, by every caller: each reason is logged once, the first few of an outage. */
  backendUnavailable(reason: string, silentMs = 0): void {
    this.#outage ??= { since: this.#now() - silentMs, reasons: new Set(), tries: 0 };
    this.#outage.tries++;
    const { reasons } = this.#outage;
    if (reasons.has(reason) || reasons.size === REASONS) return;
    reasons.add(reason);
    this.#log("backend_unavailable", "", () => outageEntry(reason));
  }

  backendAvailable(): void {
    if (this.#outage === undefined) return;
    const { since, tries } = this.#outage;
    this.#outage = undefined;
    this.#log("backend_available", "", () => recoveryEntry(this.#now() - since, tries));
  }

  flush(): void {
    if (this.#window === undefined) return;
    const { since, cancel } = this.#window;
    this.#window = undefined;
    cancel();
    const now = this.#now();
    for (const { sample, count } of this.#limiter.drain()) {
      this.#write(suppressedEntry(sample, count, now - since), now);
    }
  }

  close(): void {
    this.flush();
  }

  #log(event: LogEvent, detail: string, makeEntry: () => LogEntry, each?: number): void {
    const now = this.#now();
    // The timer may be late when the thread is busy; a new window does not wait for it.
    if (this.#window !== undefined && now - this.#window.since >= WINDOW_MS) this.flush();
    this.#window ??= {
      since: now,
      cancel: (this.#options.schedule ?? scheduleTimer)(() => this.flush(), WINDOW_MS),
    };
    const entry = this.#limiter.admit(event, detail, makeEntry, each);
    if (entry !== undefined) this.#write(entry, now);
  }

  #write(entry: LogEntry, now: number): void {
    const { json, node, level = "info", write } = this.#options;
    if (isLogged(entry.level, level)) write(formatEntry(entry, now, json, node));
  }
}

/** A timer that does not keep the process alive. */
function scheduleTimer(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms);
  Deno.unrefTimer(timer);
  return () => clearTimeout(timer);
}

/** One observer that notifies all of them, in the given order. */
export function combineObservers(...observers: readonly Observer[]): Observer {
  const notifyAll = (notify: (observer: Observer) => void) => observers.forEach(notify);
  return {
    settled: (batch) => notifyAll((observer) => observer.settled(batch)),
    retried: (ids, error) => notifyAll((observer) => observer.retried(ids, error)),
    deadLettered: (ids, error) => notifyAll((observer) => observer.deadLettered(ids, error)),
    held: (ids) => notifyAll((observer) => observer.held(ids)),
    fenced: (ids) => notifyAll((observer) => observer.fenced(ids)),
    workerRestarted: (exit) => notifyAll((observer) => observer.workerRestarted(exit)),
    processorRestarted: (restart) => notifyAll((observer) => observer.processorRestarted?.(restart)),
    passSettled: (pass) => notifyAll((observer) => observer.passSettled?.(pass)),
    passDropped: (drop) => notifyAll((observer) => observer.passDropped?.(drop)),
    inputRefused: (refusal) => notifyAll((observer) => observer.inputRefused?.(refusal)),
    pauseChanged: (change) => notifyAll((observer) => observer.pauseChanged?.(change)),
    backendUnavailable: (reason, silentMs) =>
      notifyAll((observer) => observer.backendUnavailable(reason, silentMs)),
    backendAvailable: () => notifyAll((observer) => observer.backendAvailable()),
  };
}
