/** An observer that keeps what it is told, and lets a test wait for it. @module */
import type { DeliveryIds, Observer, SettledBatch } from "../../actors/observer.ts";
import { WakeSignal } from "../../backends/primitives/wake_signal.ts";

/** Long enough for a slow machine; a test that waits in vain says what was told. */
const TIMEOUT_MS = 60_000;

type ReportedFailure = { readonly ids: DeliveryIds; readonly error: string };

/** Everything the runtime tells. */
export class RecordingObserver implements Observer {
  readonly batches: SettledBatch[] = [];
  readonly retries: ReportedFailure[] = [];
  readonly dead: ReportedFailure[] = [];
  readonly holds: DeliveryIds[] = [];
  readonly fences: { processor: string; partition: number; epoch: number }[] = [];
  readonly exits: { worker: number; exit: string; reason: string }[] = [];
  readonly #wakeSignal = new WakeSignal();

  settled(batch: SettledBatch): void {
    this.#record(this.batches, batch);
  }
  retried(ids: DeliveryIds, error: string): void {
    this.#record(this.retries, { ids, error });
  }
  deadLettered(ids: DeliveryIds, error: string): void {
    this.#record(this.dead, { ids, error });
  }
  held(ids: DeliveryIds): void {
    this.#record(this.holds, ids);
  }
  fenced(ids: { processor: string; partition: number; epoch: number }): void {
    this.#record(this.fences, ids);
  }
  workerRestarted(exit: { worker: number; exit: string; reason: string }): void {
    this.#record(this.exits, exit);
  }
  backendUnavailable(_reason: string): void {}
  backendAvailable(): void {}

  /** How many deliveries were told to be done. */
  get done(): number {
    return this.batches.flatMap(({ done }) => Object.values(done)).reduce(
      (sum, { length }) => sum + length,
      0,
    );
  }

  /** Resolves once something holds; it is looked at again whenever something is told. */
  async waitUntil(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const late = AbortSignal.timeout(TIMEOUT_MS);
    for (this.#wakeSignal.reset(); !await holds(); this.#wakeSignal.reset()) {
      if (late.aborted) throw new Error(`Waited ${TIMEOUT_MS} ms in vain: ${what}. Told: ${this}`);
      await this.#wakeSignal.wait(late);
    }
  }

  toString(): string {
    const { done, retries, dead, holds, exits, fences } = this;
    return JSON.stringify({ done, retries, dead, holds: holds.length, exits, fences });
  }

  #record<T>(list: T[], item: T): void {
    list.push(item);
    this.#wakeSignal.notify();
  }
}
