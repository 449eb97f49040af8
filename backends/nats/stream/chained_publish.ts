/**
 * Messages that a stream takes in one order, or not at all from the first that does not follow: each expects the one before it
 * as the last of the whole stream. Only the last one is answered. Unlike an atomic batch, what was taken before a failure stays.
 * @module
 */
import { Buffer } from "node:buffer";
import type { MsgHdrs } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../errors.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";

interface ChainedMessage {
  readonly subject: string;
  /** Header lines, each with its line break. */
  readonly headers: string;
  readonly payload: string;
}

const encoder = new TextEncoder();

/**
 * Publishes them behind the message at a sequence; returns the sequence of the last. Throws Conflict where the stream has
 * another last message, and BackendUnavailable when none, some or all of them may be stored.
 */
export async function publishChain(
  client: Pick<NatsClient, "publishRaw" | "request">,
  messages: readonly ChainedMessage[],
  behind: number,
): Promise<number> {
  const staged = messages.slice(0, -1).map((message, i) => protocolText(message, behind + i));
  if (staged.length > 0) client.publishRaw(encoder.encode(staged.join("")));
  const end = behind + messages.length;
  const { subject, payload, headers } = messages.at(-1)!;
  const head = encoder.encode(headerBlock(headers, end - 1));
  // The library only encodes the headers when it sends them.
  const answer = await client.request(subject, payload, { encode: () => head } as unknown as MsgHdrs);
  const { seq } = parseAnswer<{ readonly seq: number }>(answer);
  if (seq !== end) throw new BackendUnavailable(`NATS stored a message at ${seq} that was to be at ${end}`);
  return seq;
}

function headerBlock(headers: string, expected: number): string {
  return `NATS/1.0\r\nNats-Expected-Last-Sequence: ${expected}\r\n${headers}\r\n`;
}

function protocolText({ subject, headers, payload }: ChainedMessage, expected: number): string {
  const head = headerBlock(headers, expected);
  const whole = head.length + Buffer.byteLength(payload);
  return `HPUB ${subject} ${head.length} ${whole}\r\n${head}${payload}\r\n`;
}
