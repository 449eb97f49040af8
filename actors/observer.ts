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
  /** Deliveries done and deliveries that failed (held ones not counted), by event type. */
  readonly done: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  /** Events emitted, by type unknown to the supervisor's thread: their number. */
  readonly outputs: number;
  /** When the done deliveries were recorded, in milliseconds. */
  readonly recordedAt: Float64Array;
}

export interface Observer {
  settled(batch: SettledBatch): void;
  retried(ids: DeliveryIds, error: string): void;
  deadLettered(ids: DeliveryIds, error: string): void;
  held(ids: DeliveryIds): void;
  fenced(ids: { processor: string; partition: number; epoch: number }): void;
  workerRestarted(exit: { worker: number; exit: string; reason: string }): void;
  backendAway(reason: string): void;
  backendBack(): void;
}
