/**
 * The protocol of NATS, as far as faults need it: which publish commits an atomic batch (or a single message), and which
 * message acknowledges it. @module
 */
import { type CurrentFilter, PartialMessage, type Wire, type WireOutput } from "./wire.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();
/** What is answered to a commit that is refused. */
const ERRORS = {
  refuse: { code: 503, err_code: 10008, description: "system temporarily unavailable" },
  fill_up: { code: 500, err_code: 10077, description: "maximum bytes exceeded" },
};

interface Frame {
  readonly words: readonly string[];
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
}

/** One connection to NATS. */
export class NatsWire implements Wire {
  readonly #filterOf: CurrentFilter;
  readonly #up = new PartialMessage();
  readonly #down = new PartialMessage();
  /** Subscriptions to inboxes: what they begin with, and their number. */
  readonly #inboxes = new Map<string, string>();
  /** Where acknowledgements of commits are expected. */
  readonly #expected = new Set<string>();

  constructor(filterOf: CurrentFilter) {
    this.#filterOf = filterOf;
  }

  up(chunk: Uint8Array): WireOutput {
    const forwarded: Uint8Array[] = [];
    const responses: Uint8Array[] = [];
    for (const frame of framesOf(this.#up, chunk)) {
      const reply = this.#commitOf(frame);
      if (frame.words[0] === "SUB") this.#subscribed(frame.words);
      const answer = reply === undefined ? "pass" : this.#filterOf()?.request() ?? "pass";
      if (answer === "pass") forwarded.push(frame.bytes);
      else responses.push(this.#refusal(reply!, ERRORS[answer]));
      if (answer === "pass" && reply !== undefined) this.#expected.add(reply);
    }
    return { forwarded, responses, closes: false };
  }

  down(chunk: Uint8Array): WireOutput {
    const forwarded: Uint8Array[] = [];
    for (const frame of framesOf(this.#down, chunk)) {
      const acknowledges = /^H?MSG$/.test(frame.words[0]!) && this.#expected.delete(frame.words[1]!);
      if (!acknowledges || this.#filterOf()?.reply() !== "lose") forwarded.push(frame.bytes);
    }
    return { forwarded, responses: [], closes: false };
  }

  #subscribed(words: readonly string[]): void {
    const [, subject, ...rest] = words;
    if (subject!.endsWith(".*")) this.#inboxes.set(subject!.slice(0, -1), rest.at(-1)!);
  }

  /** Where the acknowledgement of a commit goes; undefined for what commits nothing. */
  #commitOf({ words, body }: Frame): string | undefined {
    if (words[0] !== "HPUB" || words.length < 5 || words[1]!.startsWith("$")) return undefined;
    const head = decoder.decode(body.subarray(0, Number(words.at(-2))));
    const staged = /Nats-Batch-Sequence:/i.test(head) && !/Nats-Batch-Commit:/i.test(head);
    return staged ? undefined : words[2];
  }

  #refusal(reply: string, error: (typeof ERRORS)[keyof typeof ERRORS]): Uint8Array {
    const inbox = reply.slice(0, reply.lastIndexOf(".") + 1);
    const body = JSON.stringify({ error });
    return encoder.encode(`MSG ${reply} ${this.#inboxes.get(inbox) ?? "1"} ${body.length}\r\n${body}\r\n`);
  }
}

function framesOf(remainder: PartialMessage, chunk: Uint8Array): Frame[] {
  const bytes = remainder.add(chunk);
  const frames: Frame[] = [];
  let at = 0;
  for (let frame = frameAt(bytes, at); frame !== undefined; frame = frameAt(bytes, at)) {
    frames.push(frame);
    at += frame.bytes.length;
  }
  remainder.drop(at);
  return frames;
}

function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  const end = bytes.indexOf(10, at);
  if (end < 0) return undefined;
  const words = decoder.decode(bytes.subarray(at, end)).trim().split(/\s+/);
  words[0] = words[0]!.toUpperCase();
  const hasBody = /^H?(PUB|MSG)$/.test(words[0]);
  const size = hasBody ? Number(words.at(-1)) + 2 : 0;
  const after = end + 1 + size;
  if (bytes.length < after) return undefined;
  return { words, bytes: bytes.slice(at, after), body: bytes.subarray(end + 1, after) };
}
