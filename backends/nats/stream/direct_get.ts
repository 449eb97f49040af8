/** Reading single messages and short runs of them, without a consumer. @module */
import type { Msg } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../errors.ts";
import { isNotFound, isStatus, messageText, type NatsClient } from "../connection/client.ts";
import type { StoredMessage } from "./message.ts";

/** A message of a stream. */
export interface StreamMessage extends StoredMessage {
  readonly subject: string;
  readonly deleted: boolean;
  /** Why an event was refused at the door. */
  readonly reason?: string;
}

const MESSAGES_PER_READ = 500;

/** The messages under a filter, from a position on, in order. */
export async function* readSubject(
  client: NatsClient,
  stream: string,
  filter: string,
  from = 1,
): AsyncGenerator<StreamMessage> {
  for (let next = from;;) {
    const body = { seq: next, next_by_subj: filter, batch: MESSAGES_PER_READ };
    const answers = await client.requestMany(`$JS.API.DIRECT.GET.${stream}`, body);
    const end = answers.pop()!;
    const found = answers.map(toStreamMessage);
    yield* found;
    // The server may end a run early, by size: what is left it tells.
    if (found.length === 0 || !(Number(end.headers!.get("Nats-Num-Pending")) > 0)) return;
    next = found.at(-1)!.position + 1;
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

/** The last message of each subject under the filters; at most 1,024 of them. */
export async function readLastPerSubject(
  client: NatsClient,
  stream: string,
  filters: string[],
): Promise<StreamMessage[]> {
  const answers = await client.requestMany(`$JS.API.DIRECT.GET.${stream}`, { multi_last: filters });
  return answers.slice(0, -1).map(toStreamMessage);
}

/** The message at a position. */
export function readAt(
  client: NatsClient,
  stream: string,
  position: number,
): Promise<StreamMessage | undefined> {
  return readOne(client, stream, { seq: position });
}

/** The first message under a filter from a position on. */
export function readNext(client: NatsClient, stream: string, filter: string, from: number) {
  return readOne(client, stream, { seq: from, next_by_subj: filter });
}

async function readOne(
  client: NatsClient,
  stream: string,
  body: unknown,
): Promise<StreamMessage | undefined> {
  const msg = await client.request(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(body));
  if (!isStatus(msg)) return toStreamMessage(msg);
  if (msg.headers!.code === 404) return undefined;
  throw new BackendUnavailable(`NATS did not read (${msg.headers!.code} ${msg.headers!.description})`);
}

/** The last message under a filter as the leader has it: what decides after an unknown outcome. */
export async function readLast(
  client: NatsClient,
  stream: string,
  filter: string,
): Promise<StreamMessage | undefined> {
  try {
    const { message } = await client.api<
      { message: { subject: string; seq: number; data?: string; time: string } }
    >(
      `STREAM.MSG.GET.${stream}`,
      { last_by_subj: filter },
    );
    const bytes = Uint8Array.fromBase64(message.data ?? "");
    const payload = new TextDecoder().decode(bytes);
    const { subject, seq, time } = message;
    return { subject, position: seq, recordedAt: millis(time), payload, deleted: payload === "" };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A message of a stream, as a direct read brings it. */
export function toStreamMessage(msg: Msg): StreamMessage {
  const header = (name: string) => msg.headers!.get(name);
  const payload = messageText(msg);
  return {
    subject: header("Nats-Subject"),
    position: Number(header("Nats-Sequence")),
    recordedAt: millis(header("Nats-Time-Stamp")),
    payload,
    deleted: payload === "",
    reason: header("Zaakstroom-Reason"),
  };
}

/** Whole milliseconds of a time with nanoseconds. */
export function millis(time: string): number {
  return Date.parse(time.replace(/(\.\d{3})\d+/, "$1"));
}
