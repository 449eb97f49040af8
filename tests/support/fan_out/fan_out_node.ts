/** A node that only copies events for others. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { FanOutOptions } from "../../../backends/fan_out.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import type { NatsOptions } from "../../../backends/nats/setup/options.ts";

export class FanOutNode implements AsyncDisposable {
  readonly #stop = new AbortController();
  /** Settles when its fan-out ends. */
  readonly ended: Promise<void>;

  private constructor(readonly backend: Backend) {
    this.ended = backend.fanOut!.run(this.#stop.signal);
    this.ended.catch(() => {});
  }

  static async open(store: NatsOptions, fanOut: FanOutOptions = {}): Promise<FanOutNode> {
    return new FanOutNode(await openNats({ partitions: 2, leaseMs: 900, ...store, fanOut }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.ended.catch(() => {});
    await this.backend.close();
  }
}
