import { BackendUnavailable } from "../../errors.ts";
/**
 * Reads single messages and short sequences of them without a consumer, by the client library's direct gets. Two things are
 * added to it: a deadline on the whole answer, where the library limits only the wait for the first message, and what the
 * end of an answer means. Answers are taken by callback: the library's iterator leaves its subscription behind (3.4.0).
 * @module
 */
import type { DirectBatchOptions, DirectMsgRequest, MsgRequest, StoredMsg } from "@nats-io/jetstream";
import type { NatsClient } from "../connection/client.ts";
import { isMessageMissing } from "../connection/errors.ts";
import type { StoredMessage } from "./message.ts";

/** A message of a stream. */
export interface StreamMessage extends StoredMessage {
  readonly subject: string;
  readonly deleted: boolean;
  /** The bytes of a payload that has replacement characters: they may stand for bytes that are not UTF-8. */
  readonly raw?: Uint8Array | undefined;
  /** Why an event on the ingest subject was rejected. */
  readonly reason?: string;
  /** The subject on which it came there. */
  readonly sentTo?: string;
  /** W3C trace context of whoever sent it, as the header has it; empty for none. */
  readonly traceparent?: string;
  /** The headers of a CloudEvent in binary form, names in lower case; undefined for any other message. */
  readonly eventHeaders?: Readonly<Record<string, string>> | undefined;
}

/** A message of which nothing is decoded. */
export interface MessageBytes {
  readonly subject: string;
  readonly position: number;
  readonly data: Uint8Array;
  /** The value of a header; undefined where it has none of the name. */
  header(name: string): string | undefined;
}

/** The messages of one answer, and how many more match. */
interface Answer<M> {
  readonly messages: readonly M[];
  readonly pending: number;
}

/** Reads under way at most, where many are needed. */
export const READS_AT_ONCE = 32;
const MESSAGES_PER_READ = 500;
/**
 * The server ends an answer behind the message that reaches this; by itself it would stop at 64 MB. The first answer of a
 * reading is small, as a batch is, and those that follow are larger: what nobody takes of it was sent for nothing.
 */
const [FIRST_BYTES, MOST_BYTES] = [256_000, 4_096_000];
const NOTHING_FOUND = 404;

/** The messages under a filter, from a position on, in order. */
export function readSubject(
  client: NatsClient,
  stream: string,
  filter: string,
  from = 1,
): AsyncGenerator<StreamMessage> {
  return readInAnswers(client, stream, filter, from, toStreamMessage);
}

/** The same as bytes; each answer of the server has so many messages at most. */
export function readSubjectBytes(
  client: NatsClient,
  stream: string,
  filter: string,
  from: number,
  atOnce = MESSAGES_PER_READ,
): AsyncGenerator<MessageBytes> {
  return readInAnswers(client, stream, filter, from, toMessageBytes, atOnce);
}

/** A message with all that is to be kept of it. */
export interface WholeMessage extends MessageBytes {
  /** When the server stored it. */
  readonly at: string;
  /** Those that are not about how it was written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The messages of a stream from a sequence on, as whole as they are stored. */
export function readWhole(client: NatsClient, stream: string, from: number): AsyncGenerator<WholeMessage> {
  return readInAnswers(client, stream, ">", from, toWholeMessage);
}

function toWholeMessage(msg: StoredMsg): WholeMessage {
  const names = [...msg.header.keys()].filter((name) => !/^nats-/i.test(name));
  const headers = names.flatMap((name) => msg.header.values(name).map((value) => [name, value] as const));
  return { ...toMessageBytes(msg), at: msg.timestamp, headers };
}

async function* readInAnswers<M extends MessageBytes | StreamMessage>(
  client: NatsClient,
  stream: string,
  filter: string,
  from: number,
  toMessage: (msg: StoredMsg) => M,
  atOnce = MESSAGES_PER_READ,
): AsyncGenerator<M> {
  for (let next = from, bytes = FIRST_BYTES;; bytes = Math.min(MOST_BYTES, bytes * 4)) {
    const limits = { batch: atOnce, max_bytes: bytes };
    const query = { seq: next, next_by_subj: filter, ...limits };
    const { messages, pending } = await readAnswer(client, stream, query, toMessage);
    yield* messages;
    // The server may end an answer early, by its size.
    if (messages.length === 0 || pending === 0) return;
    next = messages.at(-1)!.position + 1;
  }
}

/** All of `readSubject`. */
export function readAllOf(
  client: NatsClient,
  stream: string,
  filter: string,
  from = 1,
): Promise<StreamMessage[]> {
  return Array.fromAsync(readSubject(client, stream, filter, from));
}

function readAnswer<M>(
  client: NatsClient,
  stream: string,
  query: DirectBatchOptions,
  toMessage: (msg: StoredMsg) => M,
): Promise<Answer<M>> {
  return client.manage(({ direct }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer<M>>();
    const messages: M[] = [];
    let pending = 0;
    const callback = (end: { err?: Error } | null, msg: StoredMsg) => {
      if (end === null) {
        messages.push(toMessage(msg));
        pending = msg.pending;
      } else if (end.err && statusOf(end.err) !== NOTHING_FOUND) reject(end.err);
      else resolve({ messages, pending });
    };
    const request = direct.getBatch(stream, { ...query, callback });
    const timer = setTimeout(() => {
      reject(new BackendUnavailable(`NATS gave no answer within ${client.deadlineMs} ms`));
      request.then((answer) => answer.stop(), () => {});
    }, client.deadlineMs);
    request.catch(reject);
    return promise.finally(() => clearTimeout(timer));
  });
}

/** The status with which the server ended an answer; undefined for another error. */
function statusOf(error: unknown): number | undefined {
  return (error as Error | undefined)?.name === "JetStreamStatusError"
    ? (error as Error & { code: number }).code
    : undefined;
}

/** The message at a position. */
export function readAt(
  client: NatsClient,
  stream: string,
  position: number,
): Promise<StreamMessage | undefined> {
  return readOne(client, stream, { seq: position });
}

/** The bytes of the message at a position. */
export async function readBytesAt(
  client: NatsClient,
  stream: string,
  position: number,
): Promise<Uint8Array | undefined> {
  const msg = await client.manage(({ direct }) => direct.getMessage(stream, { seq: position }));
  return msg?.data;
}

/** The first message under a filter from a position on, as bytes. */
export async function readNextBytes(
  client: NatsClient,
  stream: string,
  filter: string,
  from: number,
): Promise<MessageBytes | undefined> {
  const query = { seq: from, next_by_subj: filter };
  const msg = await client.manage(({ direct }) => direct.getMessage(stream, query));
  return msg === null ? undefined : toMessageBytes(msg);
}

async function readOne(
  client: NatsClient,
  stream: string,
  query: DirectMsgRequest,
): Promise<StreamMessage | undefined> {
  const msg = await client.manage(({ direct }) => direct.getMessage(stream, query));
  return msg === null ? undefined : toStreamMessage(msg);
}

/** Where the first message under a filter from a position on is, as the stream's leader has it; undefined for none. */
export async function positionOfNext(
  client: NatsClient,
  stream: string,
  filter: string,
  from: number,
): Promise<number | undefined> {
  // The server takes this query of a leader too; the library's type leaves it out.
  const query = { seq: from, next_by_subj: filter } as MsgRequest;
  return (await readMessageFromLeader(client, stream, query))?.seq;
}

/** Where the first message under a filter since a time is, as the replica that is asked has it; undefined for none. */
export async function positionSince(
  client: NatsClient,
  stream: string,
  filter: string,
  time: number,
): Promise<number | undefined> {
  const query = { start_time: new Date(time), next_by_subj: filter, batch: 1 };
  const { messages } = await readAnswer(client, stream, query, ({ seq }) => seq);
  return messages[0];
}

/** The last message under a filter as bytes, as the stream's leader has it; undefined for none. */
export async function readLastBytes(
  client: NatsClient,
  stream: string,
  filter: string,
): Promise<Uint8Array | undefined> {
  return (await readMessageFromLeader(client, stream, { last_by_subj: filter }))?.data;
}

/** The bytes of the message at a position, as the stream's leader has it; undefined for none. */
export async function readBytesFromLeader(
  client: NatsClient,
  stream: string,
  position: number,
): Promise<Uint8Array | undefined> {
  return (await readMessageFromLeader(client, stream, { seq: position }))?.data;
}

async function readMessageFromLeader(
  client: NatsClient,
  stream: string,
  query: MsgRequest,
): Promise<StoredMsg | undefined> {
  try {
    return await client.manage(({ streams }) => streams.getMessage(stream, query)) ?? undefined;
  } catch (error) {
    if (isMessageMissing(error)) return undefined;
    throw error;
  }
}

function toMessageBytes({ subject, seq, data, header }: StoredMsg): MessageBytes {
  return { subject, position: seq, data, header: (name) => header.get(name) || undefined };
}

function toStreamMessage(msg: StoredMsg): StreamMessage {
  const payload = msg.string();
  return {
    subject: msg.subject,
    position: msg.seq,
    recordedAt: millis(msg.timestamp),
    payload,
    deleted: payload === "",
    raw: payload.includes("\ufffd") ? msg.data : undefined,
    reason: msg.header.get("Zaakstroom-Reason"),
    sentTo: msg.header.get("Zaakstroom-Subject"),
    traceparent: msg.header.get("traceparent"),
    eventHeaders: eventHeadersOf(msg),
  };
}

function eventHeadersOf({ header }: StoredMsg): Record<string, string> | undefined {
  const names = header.keys().filter((name) => /^(?:ce-.*|content-type)$/i.test(name));
  return names.length < 2
    ? undefined
    : Object.fromEntries(names.map((name) => [name.toLowerCase(), header.get(name)]));
}

/** Whole milliseconds of a time with nanoseconds. */
export function millis(time: string): number {
  return Date.parse(time.replace(/(\.\d{3})\d+/, "$1"));
}
