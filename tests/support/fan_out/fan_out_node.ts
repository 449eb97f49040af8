/** A node that only copies events for others. @module */
import { deadline } from "@std/async/deadline";
import type { Backend } from "../../../backends/backend.ts";
import type { FanOutOptions } from "../../../backends/fan_out.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import type { NatsOptions } from "../../../backends/nats/setup/options.ts";

/** No test waits for longer. */
const DEADLINE_MS = 60_000;

export class FanOutNode implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  private constructor(readonly backend: Backend) {
    this.#running = backend.fanOut!.run(this.#stop.signal);
    this.#running.catch(() => {});
  }

  /** Settles as its fan-out does, which ends by itself only where it fails. */
  get ended(): Promise<void> {
    return deadline(this.#running, DEADLINE_MS);
  }

  static async open(store: NatsOptions, fanOut: FanOutOptions = {}): Promise<FanOutNode> {
    return new FanOutNode(await openNats({ partitions: 2, leaseMs: 900, ...store, fanOut }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running.catch(() => {});
    await this.backend.close();
  }
}
