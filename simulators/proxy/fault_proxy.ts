/**
 * The fault-injecting proxy: sits on the loopback between a node and its backend, and loses, delays, thins out, breaks
 * off or falsifies what passes. What it holds while it is cut goes on when it is mended, as TCP would send it again.
 * @module
 */
import { delay } from "@std/async/delay";
import { Link } from "./link.ts";
import {
  type CurrentFilter,
  type Direction,
  type MessageFilter,
  passThroughWire,
  type Wire,
} from "./wire.ts";

/** Where the backend is. */
export type Upstream = { readonly hostname: string; readonly port: number };

/** What a proxy does with bytes now, and what it has done so far. */
export class LinkRules {
  readonly #cuts = new Map<Direction, PromiseWithResolvers<void>>();
  /** For how long to hold a piece, in milliseconds. */
  delayMs: () => number = () => 0;
  /** Bytes a second and direction. */
  bytesPerSecond = Infinity;
  filter: MessageFilter | undefined;
  /** Evidence. */
  readonly held = { up: 0, down: 0 };
  readonly delayed = { pieces: 0, ms: 0 };
  readonly throttled = { bytes: 0, ms: 0 };

  cut(...directions: Direction[]): void {
    for (const direction of directions) {
      if (!this.#cuts.has(direction)) this.#cuts.set(direction, Promise.withResolvers());
    }
  }

  restore(): void {
    for (const { resolve } of this.#cuts.values()) resolve();
    this.#cuts.clear();
  }

  /** Resolves when a piece of this size may go in this direction. */
  async pass(direction: Direction, size: number): Promise<void> {
    for (let cut = this.#cuts.get(direction); cut !== undefined; cut = this.#cuts.get(direction)) {
      this.held[direction] += size;
      await cut.promise;
    }
    if (!Number.isFinite(this.bytesPerSecond)) return;
    const ms = size / this.bytesPerSecond * 1000;
    this.throttled.bytes += size;
    this.throttled.ms += ms;
    await delay(ms);
  }
}

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
