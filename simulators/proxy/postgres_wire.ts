/**
 * PostgreSQL's protocol, as far as faults need it: which statement is running on a connection, and when the server said
 * that it has committed. Settles and appends are one statement each, so the end of its reply is the acknowledgement.
 * @module
 */
import { type CurrentFilter, PartialMessage, type Wire, type WireOutput } from "./wire.ts";

const COMMITS = /zaakstroom\.(settle|settle_group|settle_and_fetch|commit_pass|append)\(/;
/** A message of the frontend or the backend: a letter, and a length that counts itself. */
interface Frame {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** One connection to PostgreSQL. */
export class PostgresWire implements Wire {
  readonly #filterOf: CurrentFilter;
  readonly #up = new PartialMessage();
  readonly #down = new PartialMessage();
  /** Named statements that commit something. */
  readonly #commits = new Set<string>();
  /** For each reply that is expected, whether it acknowledges a commit; or what to answer in the server's place. */
  readonly #expected: (boolean | Uint8Array)[] = [];
  #started = false;
  /** The statement being asked for never reaches the server. */
  #withheld = false;
  /** The statement being bound commits something. */
  #bound = false;
  #losing = false;

  constructor(filterOf: CurrentFilter) {
    this.#filterOf = filterOf;
  }

  up(chunk: Uint8Array): WireOutput {
    const bytes = this.#up.add(chunk);
    const forwarded: Uint8Array[] = [];
    let at = 0;
    if (!this.#started) {
      at = lengthAt(bytes, 0) ?? 0;
      if (at === 0 || bytes.length < at) return { forwarded, responses: [], closes: false };
      if (isTlsRequest(bytes, at)) {
        this.#up.drop(at);
        return { forwarded, responses: [NO_TLS], closes: false };
      }
      forwarded.push(bytes.slice(0, at));
      this.#started = true;
      this.#expected.push(false);
    }
    for (let frame = frameAt(bytes, at); frame !== undefined; frame = frameAt(bytes, at)) {
      at += frame.bytes.length;
      const answer = this.#ask(frame);
      if (answer === "refuse") return { forwarded, responses: [error("FATAL", "57P01")], closes: true };
      if (answer === "pass") forwarded.push(frame.bytes);
    }
    this.#up.drop(at);
    return { forwarded, responses: this.#due(), closes: false };
  }

  #ask({ type, bytes }: Frame): "pass" | "refuse" | "withhold" {
    if (type === "P") this.#parse(bytes);
    if (type === "B") {
      const answer = this.#bind(bytes);
      if (answer === "refuse") return answer;
      this.#withheld = answer === "fill_up";
    }
    const withheld = this.#withheld;
    if (type === "S" || type === "Q") {
      this.#expected.push(withheld ? error("ERROR", "53100") : this.#bound);
      this.#bound = this.#withheld = false;
    }
    return withheld ? "withhold" : "pass";
  }

  #bind(bytes: Uint8Array): "pass" | "refuse" | "fill_up" {
    const [, name] = textsAt(bytes, 5, 2);
    this.#bound = this.#commits.has(name!);
    return this.#bound ? this.#filterOf()?.request() ?? "pass" : "pass";
  }

  /** Answers in the server's place whose turn has come: replies keep the order of what was asked. */
  #due(): Uint8Array[] {
    const due: Uint8Array[] = [];
    while (this.#expected[0] instanceof Uint8Array) due.push(this.#expected.shift() as Uint8Array, READY);
    return due;
  }

  #parse(bytes: Uint8Array): void {
    const [name, query] = textsAt(bytes, 5, 2);
    if (COMMITS.test(query!)) this.#commits.add(name!);
    else this.#commits.delete(name!);
  }

  down(chunk: Uint8Array): WireOutput {
    const bytes = this.#down.add(chunk);
    const forwarded: Uint8Array[] = [];
    let at = 0;
    for (let frame = frameAt(bytes, at); frame !== undefined; frame = frameAt(bytes, at)) {
      at += frame.bytes.length;
      const { type } = frame;
      if (type === "C" && this.#expected[0] === true) this.#losing = this.#filterOf()?.reply() === "lose";
      const ended = type === "Z";
      if (ended) this.#expected.shift();
      // Only this message says that the transaction has ended, and so that it was committed.
      if (ended && this.#losing) return { forwarded, responses: [], closes: true };
      if (!this.#losing) forwarded.push(frame.bytes);
      if (ended) forwarded.push(...this.#due());
    }
    this.#down.drop(at);
    return { forwarded, responses: [], closes: false };
  }
}

/** A length at a place, when it is there whole. */
function lengthAt(bytes: Uint8Array, at: number): number | undefined {
  if (bytes.length < at + 4) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

/** A client asks for TLS before anything else. What is encrypted can't be filtered, so the proxy says there is none. */
function isTlsRequest(bytes: Uint8Array, length: number): boolean {
  return length === 8 && lengthAt(bytes, 4) === 80877103;
}

const NO_TLS = new TextEncoder().encode("N");

function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  const length = lengthAt(bytes, at + 1);
  if (length === undefined || bytes.length < at + 1 + length) return undefined;
  return { type: String.fromCharCode(bytes[at]!), bytes: bytes.slice(at, at + 1 + length) };
}

/** Texts that end with a zero, one after the other. */
function textsAt(bytes: Uint8Array, at: number, count: number): string[] {
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    const end = bytes.indexOf(0, at);
    texts.push(new TextDecoder().decode(bytes.subarray(at, end)));
    at = end + 1;
  }
  return texts;
}

/** The server is ready for the next statement, outside any transaction. */
const READY = Uint8Array.from([0x5a, 0, 0, 0, 5, 0x49]);

function error(severity: "FATAL" | "ERROR", code: string): Uint8Array {
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, "Minjected by a fault"];
  const text = new TextEncoder().encode(`${fields.map((field) => `${field}\0`).join("")}\0`);
  const bytes = new Uint8Array(5 + text.length);
  bytes[0] = "E".charCodeAt(0);
  new DataView(bytes.buffer).setUint32(1, 4 + text.length);
  bytes.set(text, 5);
  return bytes;
}
