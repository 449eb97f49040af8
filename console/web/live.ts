/**
 * The live figures of open pages: one read a second for all of them, sent to each when something changed. A page that does
 * not take them in time is dropped, and its browser asks again. Without an open page nothing runs.
 * @module
 */
import type { OverviewFigures } from "./data/overview.ts";
import { overviewWords } from "./data/overview_words.ts";
import type { Language, Writer } from "./texts/catalogue.ts";

const EVERY_MS = 1_000;
/** A comment now and then, so that nobody between takes the stream for dead. */
const PING_TICKS = 15;
/** Of the connections a node takes, these many may be streams: probes and pages need the others. */
const MOST = 200;
/** Messages that wait for a page before it is dropped. */
const WAITING = 4;

interface Stream {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly write: Writer;
  /** False once its session is over. */
  readonly isAllowed: () => boolean;
  last: string;
}

/** The streams of one node. */
export class LiveStreams {
  readonly #read: () => Promise<OverviewFigures>;
  readonly #everyMs: number;
  readonly #open = new Set<Stream>();
  readonly #encoder = new TextEncoder();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ticks = 0;
  #isClosed = false;

  constructor(read: () => Promise<OverviewFigures>, everyMs = EVERY_MS) {
    this.#read = read;
    this.#everyMs = everyMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** A stream of figures; undefined when there are too many. */
  open(write: Writer, isAllowed: () => boolean): ReadableStream<Uint8Array> | undefined {
    if (this.#isClosed || this.#open.size >= MOST) return undefined;
    let stream: Stream;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        stream = { controller, write, isAllowed, last: "" };
        this.#open.add(stream);
        this.#schedule(0);
      },
      cancel: () => void this.#open.delete(stream),
    }, { highWaterMark: WAITING });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const stream of this.#open) this.#end(stream);
  }

  #schedule(ms: number): void {
    if (this.#timer !== undefined && ms > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tick(), ms);
  }

  async #tick(): Promise<void> {
    try {
      this.#send(await this.#read());
    } catch {
      // The page shows that it is cut off, and asks again.
      for (const stream of this.#open) this.#end(stream);
    }
    this.#timer = undefined;
    if (this.#open.size > 0 && !this.#isClosed) this.#schedule(this.#everyMs);
  }

  #send(figures: OverviewFigures): void {
    this.#ticks++;
    const texts = new Map<Language, string>();
    for (const stream of this.#open) {
      const { language } = stream.write;
      const text = texts.get(language) ?? JSON.stringify(overviewWords(figures, stream.write));
      texts.set(language, text);
      this.#sendTo(stream, text, figures.at);
    }
  }

  #sendTo(stream: Stream, text: string, at: string): void {
    if (!stream.isAllowed() || (stream.controller.desiredSize ?? 0) <= 0) return this.#end(stream);
    if (text !== stream.last) this.#write(stream, `id: ${Date.parse(at)}\ndata: ${text}\n\n`);
    else if (this.#ticks % PING_TICKS === 0) this.#write(stream, ":\n\n");
    stream.last = text;
  }

  #write({ controller }: Stream, text: string): void {
    controller.enqueue(this.#encoder.encode(text));
  }

  #end(stream: Stream): void {
    this.#open.delete(stream);
    try {
      stream.controller.close();
    } catch {
      // It is closed or cancelled already.
    }
  }
}
