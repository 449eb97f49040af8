/** What the runtime tells whoever watches: every event of I8, with ids and without data. @module */

/** Ids of a delivery; never its data. */
export interface DeliveryIds {
  readonly processor: string;
  readonly partition: number;
  readonly caseId: string;
  readonly eventId: string;
  readonly attempt: number;
}

export interface SettledBatch {
  readonly processor: string;
  readonly partition: number;
  /** Deliveries done: for each event type, when they were recorded by the store's clock, in milliseconds. */
  readonly done: Readonly<Record<string, Float64Array>>;
  /** Deliveries that failed (held ones not counted), by event type. */
  readonly failed: Readonly<Record<string, number>>;
  /** Events emitted, by event type. */
  readonly outputs: Readonly<Record<string, number>>;
}

export interface Observer {
  settled(batch: SettledBatch): void;
  retried(ids: DeliveryIds, error: string): void;
  deadLettered(ids: DeliveryIds, error: string): void;
  held(ids: DeliveryIds): void;
  fenced(ids: { processor: string; partition: number; epoch: number }): void;
  workerRestarted(exit: { worker: number; exit: string; reason: string }): void;
  /** A processor failed with what is nobody's outcome, and is started again unless that happened too often. */
  processorRestarted?(restart: { processor: string; reason: string }): void;
  backendUnavailable(reason: string): void;
  backendAvailable(): void;
}

/** Watches nothing: a part of it can be replaced by what is to be heard. */
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
