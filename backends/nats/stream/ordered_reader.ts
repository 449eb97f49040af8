/**
 * Reads messages in stored order through an ephemeral consumer without acknowledgements: the reader itself knows its
 * position. A gap in the consumer's sequence makes it start a new consumer behind the last message it has.
 *
 * The pulls are written by hand: the library's `fetch` has no `no_wait` and waits at least a second, so ten waiting messages
 * take 1,003 ms instead of 1, and it reads 272-302 K messages/s where raw pulls read 375-448 K.
 * @module
 */
import { createInbox, type Msg } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../errors.ts";
import type { WakeSignal } from "../../primitives/wake_signal.ts";
import { isStatus, type NatsClient } from "../connection/client.ts";
import { isNotFound } from "../connection/errors.ts";
import { createConsumer, deleteConsumer } from "./ephemeral_consumer.ts";
import type { StreamMessage } from "./direct_get.ts";

interface OrderedReaderOptions {
  readonly client: NatsClient;
  readonly stream: string;
  readonly filters: readonly string[];
  /** The position behind which it begins. */
  readonly after: number;
  /** Notified by the first message after `requestWakeUp`. */
  readonly wakeSignal?: WakeSignal;
}

/** The number of waiting messages, and when the first buffered one was stored. */
export interface Backlog {
  readonly count: number;
  readonly oldest: number | undefined;
}

/** A message with nothing of it decoded: the payload of an event holds what its subject does. */
export interface RawMessage extends Pick<StreamMessage, "position" | "recordedAt"> {
  readonly data: Uint8Array;
  /** The message as it came, which decodes its subject when asked for it. */
  readonly source: { readonly subject: string };
}

const MS = 1_000_000;
/** The server removes a consumer after this long without a pull. */
const CONSUMER_IDLE_MS = 60_000;
const WAIT_MS = 30_000;
/** How long a `num_pending` of 0 is trusted. The consumer that would wake us may have been lost with its server. */
const CAUGHT_UP_TRUSTED_MS = 4_000;

export class OrderedReader {
  readonly #buffer: RawMessage[] = [];
  readonly #options: OrderedReaderOptions;
  readonly #inbox: string;
  readonly #unsubscribe: (() => void)[];
  #after: number;
  #consumer: string | undefined;
  #delivered = 0;
  #pulls = 0;
  #pull: { token: string; left: number; ended: PromiseWithResolvers<number> } | undefined;
  #wakeUpToken: string | undefined;
  /** Messages behind the last one received, as the server last reported. */
  pending = 0;
  #pendingAsOf = -Infinity;

  constructor(options: OrderedReaderOptions) {
    this.#options = options;
    this.#inbox = createInbox(options.client.inboxPrefix);
    this.#after = options.after;
    this.#unsubscribe = [
      options.client.subscribe(`${this.#inbox}.*`, (msg) => this.#onMessage(msg)),
      options.client.onReconnect(() => this.#reset()),
    ];
  }

  /** The messages received and not dropped, in order. */
  get rawMessages(): readonly RawMessage[] {
    return this.#buffer;
  }

  /** The same, decoded. */
  get messages(): StreamMessage[] {
    const payloads = decodeAll(this.#buffer.map(({ data }) => data));
    return this.#buffer.map(({ source: { subject }, position, recordedAt, data }, i) => {
      const payload = payloads[i]!;
      const raw = payload.includes("\ufffd") ? data : undefined;
      return { subject, position, recordedAt, payload, deleted: payload === "", raw };
    });
  }

  /** The position up to which everything was received. */
  get position(): number {
    return this.#after;
  }

  /** True when the server reported a moment ago that there is no more: a pull would be in vain. */
  get isCaughtUp(): boolean {
    const hasNone = this.#consumer !== undefined && this.pending === 0;
    return hasNone && performance.now() - this.#pendingAsOf < CAUGHT_UP_TRUSTED_MS;
  }

  /** Pulls until `count` are in the buffer, or the server has no more. A single message may exceed `bytes`. */
  async fill(count: number, bytes: number): Promise<void> {
    const before = this.#buffer.length;
    if (before >= count) return;
    const status = await this.#pullNow({ batch: count - before, no_wait: true, max_bytes: bytes });
    if (status === 409 && this.#buffer.length === before) {
      await this.#pullNow({ batch: 1, no_wait: true });
    }
  }

  /** Asks to be woken by the next message, which is then in the buffer. */
  async requestWakeUp(): Promise<void> {
    if (this.#wakeUpToken !== undefined) return;
    await this.#ensureConsumer();
    this.#wakeUpToken = String(++this.#pulls);
    this.#send(this.#wakeUpToken, { batch: 1, expires: WAIT_MS * MS });
  }

  /**
   * The waiting messages, buffered or not; undefined without a consumer. Reading the state of the existing consumer costs
   * the server next to nothing, creating one to count costs milliseconds.
   */
  async backlog(): Promise<Backlog | undefined> {
    const { client, stream } = this.#options;
    const consumer = this.#consumer;
    if (consumer === undefined) return undefined;
    const info = await client.manage(({ consumers }) => consumers.info(stream, consumer)).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
    if (info === undefined || this.#consumer !== consumer) return undefined;
    const inFlight = Math.max(0, info.delivered.consumer_seq - this.#delivered);
    const count = this.#buffer.length + inFlight + info.num_pending;
    return { count, oldest: this.#buffer[0]?.recordedAt };
  }

  /** Forgets what is at or before a position. */
  dropUpTo(position: number): void {
    const keep = this.#buffer.findIndex((each) => each.position > position);
    this.#buffer.splice(0, keep === -1 ? this.#buffer.length : keep);
    this.#after = Math.max(this.#after, position);
  }

  /** Ends the consumer. */
  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#pull?.ended.resolve(0);
    const { client, stream } = this.#options;
    if (this.#consumer !== undefined) {
      await deleteConsumer(client, stream, this.#consumer).catch(() => {});
    }
    this.#consumer = undefined;
  }

  async #pullNow(body: { batch: number; no_wait: true; max_bytes?: number }): Promise<number> {
    await this.#ensureConsumer();
    const token = String(++this.#pulls);
    const ended = Promise.withResolvers<number>();
    this.#pull = { token, left: body.batch, ended };
    const timer = setTimeout(
      () => ended.reject(new BackendUnavailable("NATS did not answer a pull")),
      this.#options.client.deadlineMs,
    );
    try {
      this.#send(token, body);
      const status = await ended.promise;
      if (status === 503) throw new BackendUnavailable("NATS has lost the consumer");
      return status;
    } catch (error) {
      this.#reset();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#pull = undefined;
    }
  }

  #send(token: string, body: unknown): void {
    const { client, stream } = this.#options;
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer}`;
    client.publish(subject, JSON.stringify(body), { reply: `${this.#inbox}.${token}` });
  }

  async #ensureConsumer(): Promise<void> {
    if (this.#consumer !== undefined) return;
    const { client, stream, filters } = this.#options;
    const { name, num_pending } = await createConsumer(
      client,
      stream,
      filters,
      this.#after,
      CONSUMER_IDLE_MS,
    );
    this.#setPending(num_pending);
    this.#delivered = 0;
    this.#consumer = name;
  }

  #onMessage(msg: Msg): void {
    if (isStatus(msg)) return this.#onStatus(msg.subject.slice(this.#inbox.length + 1), msg.headers!.code);
    const place = parseAckSubject(msg.reply ?? "");
    if (place.consumer !== this.#consumer) return;
    if (place.delivered !== this.#delivered + 1) return this.#reset();
    this.#delivered = place.delivered;
    this.#after = place.position;
    this.#setPending(place.pending);
    const { position, recordedAt } = place;
    this.#buffer.push({ position, recordedAt, data: msg.data, source: msg });
    if (this.#wakeUpToken !== undefined) this.#wake();
    if (this.#pull !== undefined && --this.#pull.left === 0) this.#pull.ended.resolve(0);
  }

  #setPending(pending: number): void {
    this.pending = pending;
    this.#pendingAsOf = performance.now();
  }

  #onStatus(token: string, status: number): void {
    if (status === 404) this.#setPending(0);
    if (token === this.#pull?.token) return this.#pull.ended.resolve(status);
    if (token !== this.#wakeUpToken) return;
    if (status !== 408) this.#consumer = undefined;
    this.#wake();
  }

  #wake(): void {
    this.#wakeUpToken = undefined;
    this.#options.wakeSignal?.notify();
  }

  /** Starts over behind the last message received; messages of the older consumer are ignored. */
  #reset(): void {
    this.#consumer = undefined;
    this.#pull?.ended.resolve(0);
    this.#wake();
  }
}

const decoder = new TextDecoder();
const LINE_BREAK = 10;

/** Decodes many payloads in one call; one by one where any of them holds a line break, as no event does. */
function decodeAll(payloads: readonly Uint8Array[]): string[] {
  if (payloads.length === 0) return [];
  const bytes = new Uint8Array(payloads.reduce((sum, { length }) => sum + length + 1, -1));
  let at = 0;
  for (const payload of payloads) {
    bytes.set(payload, at);
    at += payload.length + 1;
    if (at <= bytes.length) bytes[at - 1] = LINE_BREAK;
  }
  const decoded = decoder.decode(bytes).split("\n");
  return decoded.length === payloads.length ? decoded : payloads.map((payload) => decoder.decode(payload));
}

/** The fields of the reply subject: `$JS.ACK.[domain.hash.]stream.consumer.tries.position.delivered.time.pending[.token]`. */
function parseAckSubject(reply: string) {
  const parts = reply.split(".", 12);
  const [, consumer, , position, delivered, time, pending] = parts.slice(parts.length >= 11 ? 4 : 2);
  return {
    consumer,
    position: Number(position),
    delivered: Number(delivered),
    recordedAt: Number(time?.slice(0, -6)),
    pending: Number(pending),
  };
}
