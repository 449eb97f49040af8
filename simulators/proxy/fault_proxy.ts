/**
 * The fault-injecting proxy: listens on the loopback between a node and its backend, and drops, delays, throttles, resets
 * or falsifies what passes. Bytes held back by a cut are delivered when the cut is restored, as TCP resends them.
 * @module
 */
import { delay } from "@std/async/delay";
import { Link, LinkRules, type Upstream } from "./link.ts";
import { type CurrentFilter, passThroughWire, type Wire } from "./wire.ts";

/** Forwards a port of its own to a backend. */
export class FaultProxy implements AsyncDisposable {
  readonly port: number;
  readonly rules = new LinkRules();
  readonly #upstream: Upstream;
  readonly #wireOf: (filterOf: CurrentFilter) => Wire;
  readonly #listener: Deno.TcpListener;
  readonly #links = new Set<Link>();
  readonly #accepting: Promise<void>;

  constructor(upstream: Upstream, wireOf: (filterOf: CurrentFilter) => Wire = passThroughWire) {
    this.#upstream = upstream;
    this.#wireOf = wireOf;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Breaks off every connection; returns how many there were. */
  reset(): number {
    const count = this.#links.size;
    for (const link of this.#links) link.close();
    return count;
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) void this.#serve(client);
    } catch {
      // It was closed.
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const link = new Link(client, this.rules, this.#wireOf(() => this.rules.filter));
    this.#links.add(link);
    await link.run(this.#upstream);
    this.#links.delete(link);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.rules.restore();
    this.reset();
    await this.#accepting;
    while (this.#links.size > 0) await delay(1);
  }
}
