/** What a proxy knows of the protocol it carries: where messages end, and which of them commit something. @module */
import { concat } from "@std/bytes/concat";

/** The way of bytes: up to the server, or down to the client. */
export type Direction = "up" | "down";

/** What becomes of bytes that came in. */
export interface WireOutput {
  /** What goes on, in the direction it came in. */
  readonly forwarded: readonly Uint8Array[];
  /** What is answered in the server's name. */
  readonly responses: readonly Uint8Array[];
  /** The connection is broken off once that is done. */
  readonly closes: boolean;
}

/** A protocol's view of one connection. It sees every byte from the first one on: messages have no other boundary. */
export interface Wire {
  up(chunk: Uint8Array): WireOutput;
  down(chunk: Uint8Array): WireOutput;
}

/**
 * What to do with a commit, a write whose acknowledgement is awaited. `request` is asked when it is on its way
 * to the server (`refuse`: the server asks to try again; `fill_up`: it says that its disk is full), `reply` when the
 * server has acknowledged it.
 */
export interface MessageFilter {
  request(): "pass" | "refuse" | "fill_up";
  reply(): "pass" | "lose";
}

/** Finds out at each commit what to do with it now. */
export type CurrentFilter = () => MessageFilter | undefined;

/** Lets everything pass. */
export function passThroughWire(): Wire {
  const pass = (chunk: Uint8Array) => ({ forwarded: [chunk], responses: [], closes: false });
  return { up: pass, down: pass };
}

/** Bytes that are not a whole message yet. */
export class PartialMessage {
  #bytes: Uint8Array = new Uint8Array(0);

  /** What there is now, with what has come. */
  add(chunk: Uint8Array): Uint8Array {
    return this.#bytes = concat([this.#bytes, chunk]);
  }

  /** Forgets what was taken from the front. */
  drop(count: number): void {
    this.#bytes = this.#bytes.slice(count);
  }
}
