/** The clock of the store: this node's clock, corrected by how far the server's is ahead. @module */
import type { NatsClient } from "../connection/client.ts";
import { millis } from "./direct_get.ts";

const MEASURE_EVERY_MS = 30_000;

export class ServerClock {
  #ahead = 0;
  #measuredAt = -Infinity;

  constructor(readonly client: NatsClient, readonly stream: string) {}

  now(): number {
    return Date.now() + Math.round(this.#ahead);
  }

  /** Reads the server's time, at most every 30 seconds. */
  async measure(): Promise<void> {
    if (performance.now() - this.#measuredAt < MEASURE_EVERY_MS) return;
    const before = Date.now();
    const { ts } = await this.client.manage(({ streams }) => streams.info(this.stream));
    this.#ahead = millis(ts!) - (before + Date.now()) / 2;
    this.#measuredAt = performance.now();
  }
}
