/** Requests and notifications within a test, as NATS passes them on: at once refused where nobody listens. @module */
import type { Msg } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../../backends/errors.ts";

type Listener = (msg: Msg) => void;

export class RequestBus {
  maxPayload = 1_000_000;
  readonly published: string[] = [];
  readonly requested: string[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();

  subscribe(subject: string, onMessage: Listener): () => void {
    const listeners = this.#listeners.get(subject) ?? new Set();
    this.#listeners.set(subject, listeners.add(onMessage));
    return () => void listeners.delete(onMessage);
  }

  /** The first answer; never any, when those who listen give none. */
  request(subject: string, data: Uint8Array): Promise<Msg> {
    this.requested.push(subject);
    const any = subject.replace(/[^.]*$/, "*");
    const listeners = this.#listeners.get(subject) ?? this.#listeners.get(any) ?? new Set();
    const { promise, resolve, reject } = Promise.withResolvers<Msg>();
    if (listeners.size === 0) reject(withoutResponders());
    const respond = (bytes: Uint8Array) => {
      resolve({ data: bytes } as Msg);
      return true;
    };
    for (const listener of [...listeners]) listener({ subject, data, respond } as unknown as Msg);
    return promise;
  }

  publish(subject: string): void {
    this.published.push(subject);
  }
}

function withoutResponders(): BackendUnavailable {
  const cause = Object.assign(new Error("no responders"), { name: "NoResponders" });
  return new BackendUnavailable("NATS is away (no responders)", { cause });
}
