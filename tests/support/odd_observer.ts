/** An observer that keeps what it is told, and lets a test wait for it. @module */
import type { DeliveryIds, Observer, SettledBatch } from "../../actors/observer.ts";
import { WakeSignal } from "../../backends/bell.ts";

const PATIENCE_MS = 15_000;

type Told = { readonly ids: DeliveryIds; readonly error: string };

/** Everything the runtime tells. */
export class OddObserver implements Observer {
  readonly batches: SettledBatch[] = [];
  readonly retries: Told[] = [];
  readonly dead: Told[] = [];
  readonly holds: DeliveryIds[] = [];
  readonly fences: { processor: string; partition: number; epoch: number }[] = [];
  readonly exits: { worker: number; exit: string; reason: string }[] = [];
  readonly #bell = new WakeSignal();

  settled(batch: SettledBatch): void {
    this.#keep(this.batches, batch);
  }
  retried(ids: DeliveryIds, error: string): void {
    this.#keep(this.retries, { ids, error });
  }
  deadLettered(ids: DeliveryIds, error: string): void {
    this.#keep(this.dead, { ids, error });
  }
  held(ids: DeliveryIds): void {
    this.#keep(this.holds, ids);
  }
  fenced(ids: { processor: string; partition: number; epoch: number }): void {
    this.#keep(this.fences, ids);
  }
  workerRestarted(exit: { worker: number; exit: string; reason: string }): void {
    this.#keep(this.exits, exit);
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
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS);
    for (this.#bell.reset(); !await holds(); this.#bell.reset()) {
      if (late.aborted) throw new Error(`Waited ${PATIENCE_MS} ms in vain: ${what}. Told: ${this}`);
      await this.#bell.wait(late);
    }
  }

  toString(): string {
    const { done, retries, dead, holds, exits, fences } = this;
    return JSON.stringify({ done, retries, dead, holds: holds.length, exits, fences });
  }

  #keep<T>(list: T[], item: T): void {
    list.push(item);
    this.#bell.notify();
  }
}
