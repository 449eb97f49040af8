/** One connection through the proxy, a queue of pieces in each direction, and the rules they pass under. @module */
import { delay } from "@std/async/delay";
import { concat } from "@std/bytes/concat";
import type { Direction, MessageFilter, Wire, WireOutput } from "./wire.ts";

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
  readonly delayed = { pieces: 0 };
  readonly throttled = { bytes: 0 };

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
    this.throttled.bytes += size;
    await delay(size / this.bytesPerSecond * 1000);
  }
}

/** What may wait in one direction before nothing more is read, in bytes. */
const MAX_QUEUED_BYTES = 4_000_000;

export class Link {
  readonly #client: Deno.TcpConn;
  readonly #rules: LinkRules;
  readonly #wire: Wire;
  #server: Deno.TcpConn | undefined;
  #closed = false;

  constructor(client: Deno.TcpConn, rules: LinkRules, wire: Wire) {
    this.#client = client;
    this.#rules = rules;
    this.#wire = wire;
  }

  /** Carries bytes until one side is gone. Never rejects. */
  async run(upstream: Upstream): Promise<void> {
    try {
      const server = await Deno.connect(upstream);
      this.#server = server;
      for (const side of [this.#client, server]) side.setNoDelay(true);
      if (this.#closed) return this.close();
      await Promise.all([this.#pump("up", this.#client, server), this.#pump("down", server, this.#client)]);
    } catch {
      // The backend takes no connections: so the client sees its own broken off.
    }
    this.close();
  }

  close(): void {
    this.#closed = true;
    for (const side of [this.#client, this.#server]) {
      try {
        side?.close();
      } catch {
        // It was closed already.
      }
    }
  }

  async #pump(direction: Direction, from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    let queue: Promise<unknown> = Promise.resolve();
    let queued = 0;
    const buffer = new Uint8Array(65_536);
    try {
      for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
        const passage = this.#wire[direction](buffer.slice(0, n));
        const dueAt = this.#dueAt();
        queued += n;
        queue = queue.then(() => this.#carry(direction, passage, dueAt, from, to)).finally(() => queued -= n);
        queue.catch(() => this.close());
        if (queued > MAX_QUEUED_BYTES) await queue;
      }
      await queue;
    } catch {
      // One side is gone; so is the other.
    }
    this.close();
  }

  #dueAt(): number {
    const delay = this.#rules.delayMs();
    if (delay > 0) this.#rules.delayed.pieces++;
    return performance.now() + delay;
  }

  async #carry(
    direction: Direction,
    passage: WireOutput,
    dueAt: number,
    from: Deno.TcpConn,
    to: Deno.TcpConn,
  ) {
    const wait = dueAt - performance.now();
    if (wait > 0) await delay(wait);
    const forwarded: Uint8Array = concat(passage.forwarded);
    if (forwarded.length > 0) await this.#rules.pass(direction, forwarded.length);
    await writeAll(to, forwarded);
    await writeAll(from, concat(passage.responses));
    if (passage.closes) this.close();
  }
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await to.write(bytes));
}
