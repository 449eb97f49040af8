/**
 * A feed of messages in stored order: an ephemeral consumer, read by raw pulls. No acknowledgement: the reader knows how
 * far it is. A gap in what the consumer sends makes it begin anew, behind what is certain.
 * @module
 */
import { createInbox, type Msg } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../errors.ts";
import type { WakeSignal } from "../../primitives/wake_signal.ts";
import { isNotFound, isStatus, type NatsClient } from "../connection/client.ts";
import type { StreamMessage } from "./direct_get.ts";
import { ApiError } from "../connection/errors.ts";

interface OrderedReaderOptions {
  readonly client: NatsClient;
  readonly stream: string;
  readonly filters: readonly string[];
  /** The position behind which it begins. */
  readonly after: number;
  /** Rung when something comes after `arm`. */
  readonly wakeSignal?: WakeSignal;
  /** Whether what comes is told with its subject. Default false: an event tells its own. */
  readonly withSubjects?: boolean;
}

/** How much waits, and since when the first of it that has come. */
export interface Backlog {
  readonly count: number;
  readonly oldest: number | undefined;
}

interface ConsumerInfo {
  readonly num_pending: number;
  readonly delivered: { readonly consumer_seq: number };
}

/** What has come, undecoded. */
export interface RawMessage extends Omit<StreamMessage, "payload" | "deleted"> {
  readonly data: Uint8Array;
}

const MS = 1_000_000;
/** A consumer that nobody pulls from is forgotten by the server after this long. */
const CONSUMER_IDLE_MS = 60_000;
const WAIT_MS = 30_000;
/** So long the server's word counts that there is no more. Whoever would tell us of more may be gone. */
const CAUGHT_UP_TRUSTED_MS = 4_000;

let consumers = 0;
const node = crypto.randomUUID().slice(0, 8);

export class OrderedReader {
  readonly #buffer: RawMessage[] = [];
  readonly #options: OrderedReaderOptions;
  readonly #inbox = createInbox();
  readonly #unsubscribe: (() => void)[];
  #after: number;
  #consumer: string | undefined;
  #delivered = 0;
  #pulls = 0;
  #pull: { token: string; left: number; ended: PromiseWithResolvers<number> } | undefined;
  #wakeUpToken: string | undefined;
  /** Messages behind the last one that came, as the server last told. */
  pending = 0;
  #pendingAsOf = -Infinity;

  constructor(options: OrderedReaderOptions) {
    this.#options = options;
    this.#after = options.after;
    this.#unsubscribe = [
      options.client.subscribe(`${this.#inbox}.*`, (msg) => this.#onMessage(msg)),
      options.client.onReconnect(() => this.#reset()),
    ];
  }

  /** What has come and was not dropped, in order. */
  get rawMessages(): readonly RawMessage[] {
    return this.#buffer;
  }

  /** The same, decoded. */
  get messages(): StreamMessage[] {
    const payloads = decodeAll(this.#buffer.map(({ data }) => data));
    return this.#buffer.map(({ subject, position, recordedAt }, i) => {
      const payload = payloads[i]!;
      return { subject, position, recordedAt, payload, deleted: payload === "" };
    });
  }

  /** The position up to which everything has come. */
  get position(): number {
    return this.#after;
  }

  /** The server told a moment ago that there is no more: then it is enough to `arm`, and a pull would be in vain. */
  get isCaughtUp(): boolean {
    const isTold = this.#consumer !== undefined && this.pending === 0;
    return isTold && performance.now() - this.#pendingAsOf < CAUGHT_UP_TRUSTED_MS;
  }

  /** Pulls until so many are in the buffer, or the server has no more. At least one comes, whatever its size. */
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
   * What waits in it, by the word of the server for what has not come; undefined when that is not to be had. Making a
   * consumer to count costs the server milliseconds, and asking the one that is there next to nothing.
   */
  async backlog(): Promise<Backlog | undefined> {
    const { client, stream } = this.#options;
    const consumer = this.#consumer;
    if (consumer === undefined) return undefined;
    const info = await client.api<ConsumerInfo>(`CONSUMER.INFO.${stream}.${consumer}`).catch((error) => {
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
      await client.api(`CONSUMER.DELETE.${stream}.${this.#consumer}`).catch(() => {});
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
    const name = `zs-${node}-${++consumers}`;
    const config = {
      name,
      ack_policy: "none",
      deliver_policy: "by_start_sequence",
      opt_start_seq: this.#after + 1,
      filter_subjects: filters,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: CONSUMER_IDLE_MS * MS,
    };
    const created = await client.api<{ num_pending: number }>(`CONSUMER.CREATE.${stream}.${name}`, {
      stream_name: stream,
      config,
      action: "create",
    }).catch((error) => {
      if (isNotFound(error)) throw new ApiError(404, error.apiCode, `The stream ${stream} is gone`);
      throw error;
    });
    this.#setPending(created.num_pending);
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
    const subject = this.#options.withSubjects ? msg.subject : "";
    this.#buffer.push({ subject, position, recordedAt, data: msg.data });
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

  /** Begins anew behind what is in the buffer; what an older consumer still sends is not heard. */
  #reset(): void {
    this.#consumer = undefined;
    this.#pull?.ended.resolve(0);
    this.#wake();
  }
}

const decoder = new TextDecoder();
const LINE_BREAK = 10;

/** Decodes many payloads, none of which holds a line break, in one call. */
function decodeAll(payloads: readonly Uint8Array[]): string[] {
  if (payloads.length === 0) return [];
  const bytes = new Uint8Array(payloads.reduce((sum, { length }) => sum + length + 1, -1));
  let at = 0;
  for (const payload of payloads) {
    bytes.set(payload, at);
    at += payload.length + 1;
    if (at <= bytes.length) bytes[at - 1] = LINE_BREAK;
  }
  return decoder.decode(bytes).split("\n");
}

/** What the reply subject tells: `$JS.ACK.[domain.hash.]stream.consumer.tries.position.delivered.time.pending[.token]`. */
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
