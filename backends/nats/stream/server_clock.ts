/** The clock of the store: this node's, corrected by how far the server's is ahead. @module */
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

  /** Asks the server what time it is, unless it did so a short while ago. */
  async measure(): Promise<void> {
    if (performance.now() - this.#measuredAt < MEASURE_EVERY_MS) return;
    const before = Date.now();
    const { ts } = await this.client.api<{ ts: string }>(`STREAM.INFO.${this.stream}`);
    this.#ahead = millis(ts) - (before + Date.now()) / 2;
    this.#measuredAt = performance.now();
  }
}
