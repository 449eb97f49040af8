/** A server that chaos runs against: its own, or one that was named. @module */
import type { Upstream } from "../../proxy/link.ts";

export interface ChaosServer extends AsyncDisposable {
  readonly backend: "postgres" | "nats";
  readonly target: Upstream;
  /** Makes an empty store on it; returns its name: of a database, or of a stream. */
  freshStore(): Promise<string>;
  /** The URL of a store through a port of this machine; without a port directly. */
  urlOf(store: string, port?: number): string;
  drop(store: string): Promise<void>;
  /** Kills it as a crash would, and waits until it is gone; only a server of our own. */
  kill9?(): Promise<void>;
  /** Kills it, and its data are gone; only a server of our own. */
  loseDisk?(): Promise<void>;
  /** Puts restored data, which nothing uses, in their place. */
  adoptDisk?(cluster: string): Promise<void>;
  /** Starts an empty one of the same kind beside it, for what is restored; undefined where that needs none. */
  startAside?(): Promise<AsideServer>;
  /** Starts it again on the same data; resolves when it accepts connections. */
  start?(): Promise<void>;
}

/** A server that is used for a while, and whose data may then be adopted. */
export interface AsideServer extends AsyncDisposable {
  readonly url: string;
  /** Stops it. Returns where its data are. */
  stop(): Promise<string>;
}

/** A server that a URL names: stores are made on it, and removed again. */
export abstract class ExternalServer {
  constructor(readonly url: URL, readonly defaultPort: number) {}

  get target(): Upstream {
    return { hostname: this.url.hostname, port: Number(this.url.port || this.defaultPort) };
  }

  /** The URL, through a port of this machine where one is given. */
  protected through(port: number | undefined): URL {
    const url = new URL(this.url);
    if (port !== undefined) [url.hostname, url.port] = ["127.0.0.1", String(port)];
    return url;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A number for a store of ours, unlike those of other runs on the same server. */
export function storeName(): string {
  return `chaos_${crypto.randomUUID().slice(0, 8)}`;
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
