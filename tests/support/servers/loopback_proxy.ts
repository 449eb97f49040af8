/** A TCP proxy on the loopback that can become a black hole: connections stay open, and nothing comes through. @module */

/** Forwards to a port of this machine. */
export class LoopbackProxy implements AsyncDisposable {
  readonly port: number;
  /** Sees what clients send before it is forwarded, and may change bytes of it in place. */
  filter: ((sent: Uint8Array) => void) | undefined;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.Conn>();
  readonly #loops = new Set<Promise<void>>();
  #open = Promise.withResolvers<void>();
  #swallows = false;

  constructor(readonly target: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#open.resolve();
    this.#keep(this.#accept());
  }

  /** From now on nothing is forwarded, and nobody is told. */
  swallow(): void {
    if (this.#swallows) return;
    this.#swallows = true;
    this.#open = Promise.withResolvers<void>();
  }

  /** Forwards again, new connections; those that were open stay dead, as after a router that forgot them. */
  forward(): void {
    for (const connection of this.#connections) close(connection);
    this.#connections.clear();
    this.#swallows = false;
    this.#open.resolve();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#connections.add(client);
      this.#keep(this.#serve(client));
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    await this.#open.promise;
    if (!this.#connections.has(client)) return;
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
      this.#connections.add(server);
      await Promise.all([
        this.#pump(client, server, (sent) => this.filter?.(sent)),
        this.#pump(server, client),
      ]);
    } catch {
      close(client);
    }
  }

  async #pump(from: Deno.Conn, to: Deno.Conn, seen?: (bytes: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
        if (this.#swallows) await this.#open.promise;
        seen?.(buffer.subarray(0, n));
        for (let sent = 0; sent < n;) sent += await to.write(buffer.subarray(sent, n));
      }
    } catch {
      // One side is gone; so is the other.
    }
    close(from);
    close(to);
    this.#connections.delete(from);
    this.#connections.delete(to);
  }

  #keep(loop: Promise<void>): void {
    const kept: Promise<void> = loop.catch(() => {}).finally(() => this.#loops.delete(kept));
    this.#loops.add(kept);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.forward();
    while (this.#loops.size > 0) await Promise.all(this.#loops);
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It was closed already.
  }
}
