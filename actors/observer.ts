/** What the runtime reports as it works: every event of I8, with ids and without data. @module */
import type { UsabilityListener } from "../backends/primitives/retry.ts";
import type { DropReason } from "./passes/drop_reason.ts";

/** Ids of a delivery; never its data. */
export interface DeliveryIds {
  readonly processor: string;
  readonly partition: number;
  readonly caseId: string;
  readonly eventId: string;
  readonly attempt: number;
  /** The trace of its pass, where traces are made. */
  readonly traceId?: string;
}

export interface SettledBatch {
  readonly processor: string;
  readonly partition: number;
  /**
   * Deliveries done: for each event type, when they were recorded by the store's clock, in milliseconds; of what a pass made
   * and handled at once, when that which it began with was.
   */
  readonly done: Readonly<Record<string, Float64Array>>;
  /** Deliveries that failed (held ones not counted), by event type. */
  readonly failed: Readonly<Record<string, number>>;
  /** Events emitted, by event type. */
  readonly outputs: Readonly<Record<string, number>>;
  /** Alarms that the processor raised, by name; absent where it raised none. */
  readonly alarms?: Readonly<Record<string, number>> | undefined;
}

export interface Observer {
  settled(batch: SettledBatch): void;
  retried(ids: DeliveryIds, error: string): void;
  deadLettered(ids: DeliveryIds, error: string): void;
  held(ids: DeliveryIds): void;
  fenced(ids: { processor: string; partition: number; epoch: number }): void;
  workerRestarted(exit: { worker: number; exit: string; reason: string }): void;
  /** A processor ended with a bug; it is started again unless that happened too often. */
  processorRestarted?(restart: { processor: string; reason: string }): void;
  /** A pass was settled: `settled` is called as well, for each processor that did something in it. */
  passSettled?(pass: { partition: number }): void;
  /** A pass came to nothing: what it had read is done plainly, or once more. */
  passDropped?(drop: { partition: number; reason: DropReason }): void;
  /** An event at the ingest subject or in the outbox was put in the inbox. */
  inputRefused?(refusal: { id: number; refusalClass: string }): void;
  /** The backend is not to be had, and had given no answer for `silentMs` when that was noticed. */
  backendUnavailable(reason: string, silentMs?: number): void;
  backendAvailable(): void;
}

/** Ignores everything; spread it and override what is of interest. */
export const noopObserver: Observer = {
  settled() {},
  retried() {},
  deadLettered() {},
  held() {},
  fenced() {},
  workerRestarted() {},
  backendUnavailable() {},
  backendAvailable() {},
};

/** Reports an outage and its end. An unusable backend stops all work as an unreachable one does, and counts as one. */
export function reportAvailability(observer: Observer): UsabilityListener {
  return (error) =>
    error === undefined ? observer.backendAvailable() : observer.backendUnavailable(error.message);
}
