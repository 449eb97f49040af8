/**
 * Atomic batches: messages that become durable together, or not at all. Written by hand: the library's `startBatch` (3.4.0)
 * waits for an answer to the first message, its `add` takes no expectations, and its `commit` reports a conflict as a wrong
 * count of messages.
 * @module
 */
import { concat } from "@std/bytes/concat";
import type { MsgHdrs } from "@nats-io/transport-deno";
import { BackendUnavailable } from "../../errors.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { translate } from "../connection/errors.ts";

/** A message to write. */
interface Write {
  readonly payload: Uint8Array;
  /** A header of ours that the message keeps. */
  readonly header: string;
}

let batches = 0;
/** Short, because every message carries it and the server searches the whole header for each field. */
const node = crypto.randomUUID().slice(24);
const encoder = new TextEncoder();

interface Ack {
  readonly seq: number;
  readonly batch?: string;
  readonly count?: number;
}

/**
 * Writes all under a subject, or none, where its last message is at the position `last`; returns the position of the first of
 * them, and the others have those after it. A single one need not be staged as a batch. Throws Conflict, BackendUnusable, or
 * BackendUnavailable when the outcome is unknown.
 */
export async function writeAtomically(
  client: NatsClient,
  subject: string,
  writes: readonly Write[],
  last: number,
): Promise<number> {
  const expected = `Nats-Expected-Last-Subject-Sequence: ${last}`;
  const end = writes.length - 1;
  const id = end === 0 ? undefined : `${node}${++batches}`;
  const heads = writes.map(({ header }, i) =>
    headOf([
      ...(id === undefined ? [] : [`Nats-Batch-Id: ${id}`, `Nats-Batch-Sequence: ${i + 1}`]),
      ...(i === 0 ? [expected] : []),
      header,
      ...(id !== undefined && i === end ? ["Nats-Batch-Commit: 1"] : []),
    ])
  );
  const staged = writes.slice(0, end).flatMap(({ payload }, i) =>
    messageOf(subject, heads[i]!, payload, client.maxPayload)
  );
  if (end > 0) client.publishRaw(concat(staged));
  // The library only encodes the headers when it sends them.
  const encoded = { encode: () => heads[end]! } as unknown as MsgHdrs;
  const ack = parseAnswer<Ack>(await client.request(subject, writes[end]!.payload, encoded));
  if (id !== undefined && (ack.batch !== id || ack.count !== writes.length)) {
    throw new BackendUnavailable("NATS stored something else than the batch: it may not know atomic batches");
  }
  return ack.seq - end;
}

function headOf(lines: readonly string[]): Uint8Array {
  return encoder.encode(`NATS/1.0\r\n${lines.join("\r\n")}\r\n\r\n`);
}

/**
 * A message by the client protocol. Throws EventTooLarge for one above `max_payload`, for which the server would close the
 * connection.
 */
function messageOf(subject: string, head: Uint8Array, payload: Uint8Array, most: number): Uint8Array[] {
  const whole = head.length + payload.length;
  if (whole > most) throw translate(new Error("max_payload size exceeded"));
  return [encoder.encode(`HPUB ${subject} ${head.length} ${whole}\r\n`), head, payload, LINE_END];
}

const LINE_END = encoder.encode("\r\n");
