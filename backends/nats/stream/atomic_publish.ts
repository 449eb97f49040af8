/**
 * Atomic batches: messages that become durable together, or not at all. Written by hand: the library's `startBatch` (3.4.0)
 * waits for an answer to the first message, its `add` takes no expectations, and its `commit` reports a conflict as a wrong
 * count of messages.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Msg, MsgHdrs } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../errors.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { translate } from "../connection/errors.ts";

/** A message to write. */
interface Write {
  readonly subject: string;
  readonly payload: string;
  /** The rest of the payload, encoded already. */
  readonly body?: Uint8Array;
  /** A header of ours that the message keeps. */
  readonly header?: readonly [name: string, value: string];
  /** The last position under a filter before this batch; any other position fails the whole batch. */
  readonly expect?: { readonly filter: string; readonly last: number };
}

let batches = 0;
/** Short, because every message carries it and the server searches the whole header for each field. */
const node = crypto.randomUUID().slice(24);
const encoder = new TextEncoder();

interface Ack {
  seq: number;
  batch?: string;
  count?: number;
}

/**
 * Writes all or none, and returns the position of the first; the others have the positions after it. Throws Conflict,
 * BackendUnusable, or BackendUnavailable when the outcome is unknown.
 */
export async function writeBatch(client: NatsClient, writes: readonly Write[]): Promise<number> {
  const id = `${node}${++batches}`;
  const last = writes.length - 1;
  const staged = writes.slice(0, last).map((write, i) => ({
    write,
    head: headersOf(write, id, i + 1, false),
  }));
  if (last > 0) client.publishRaw(encodeMessages(staged, client.maxPayload));
  const answer = await send(client, writes[last]!, headersOf(writes[last]!, id, writes.length, true));
  const ack = parseAnswer<Ack>(answer);
  if (ack.batch !== id || ack.count !== writes.length) {
    throw new BackendUnavailable("NATS stored something else than the batch: it may not know atomic batches");
  }
  return ack.seq - last;
}

/** Writes a single message, which the server need not stage as a batch; returns its position. Throws as `writeBatch`. */
export async function writeOne(client: NatsClient, write: Write): Promise<number> {
  const answer = await send(client, write, `${START}${headerLines(write)}${END}`);
  return parseAnswer<Ack>(answer).seq;
}

const START = "NATS/1.0\r\n";
const END = "\r\n";
const END_BYTES = encoder.encode(END);
const NOTHING = new Uint8Array();

function headersOf(write: Write, batch: string, sequence: number, isLast: boolean): string {
  const commit = isLast ? "Nats-Batch-Commit: 1\r\n" : "";
  return `${START}Nats-Batch-Id: ${batch}\r\nNats-Batch-Sequence: ${sequence}\r\n${
    headerLines(write)
  }${commit}${END}`;
}

/** The expectation of a write, and the header that it keeps. */
function headerLines(write: Write): string {
  const kept = write.header === undefined ? "" : `${write.header.join(": ")}\r\n`;
  return `${expectationLines(write)}${kept}`;
}

function expectationLines({ subject, expect }: Write): string {
  if (expect === undefined) return "";
  const expected = `Nats-Expected-Last-Subject-Sequence: ${expect.last}\r\n`;
  return expect.filter === subject
    ? expected
    : `${expected}Nats-Expected-Last-Subject-Sequence-Subject: ${expect.filter}\r\n`;
}

interface Message {
  readonly write: Write;
  readonly head: string;
}

/**
 * Messages encoded by the client protocol, in one buffer. Throws EventTooLarge for one above `max_payload`, for which the
 * server would close the connection.
 */
function encodeMessages(messages: readonly Message[], most: number): Uint8Array {
  const parts = messages.map((message) => ({
    text: textOf(message, most),
    body: message.write.body ?? NOTHING,
  }));
  const size = parts.reduce((sum, { text, body }) => sum + text.length + body.length + END.length, 0);
  // Text is nearly always ASCII, one byte a character; otherwise three bytes a character suffice.
  return assemble(parts, size) ?? assemble(parts, 3 * size)!;
}

/** The buffer; undefined when the room is too small. */
function assemble(
  parts: readonly { text: string; body: Uint8Array }[],
  room: number,
): Uint8Array | undefined {
  const bytes = new Uint8Array(room);
  let at = 0;
  for (const { text, body } of parts) {
    const { read, written } = encoder.encodeInto(text, bytes.subarray(at));
    at += written;
    if (read < text.length || at + body.length + END.length > room) return undefined;
    bytes.set(body, at);
    bytes.set(END_BYTES, at + body.length);
    at += body.length + END.length;
  }
  return bytes.subarray(0, at);
}

/** A message up to its encoded body. */
function textOf({ write, head }: Message, most: number): string {
  const length = Buffer.byteLength(head);
  const whole = length + payloadLength(write);
  if (whole > most) throw translate(new Error("max_payload size exceeded"));
  return `HPUB ${write.subject} ${length} ${whole}\r\n${head}${write.payload}`;
}

/** The bytes of the payload of a write. */
function payloadLength({ payload, body = NOTHING }: Write): number {
  return Buffer.byteLength(payload) + body.length;
}

/** The whole payload of a write. */
function payloadBytes(write: Write): Uint8Array {
  const { payload, body = NOTHING } = write;
  const bytes = new Uint8Array(payloadLength(write));
  bytes.set(body, encoder.encodeInto(payload, bytes).written);
  return bytes;
}

function send(client: NatsClient, write: Write, head: string): Promise<Msg> {
  const bytes = encoder.encode(head);
  // The library only encodes the headers when it sends them.
  return client.request(write.subject, payloadBytes(write), { encode: () => bytes } as unknown as MsgHdrs);
}
