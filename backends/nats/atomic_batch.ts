/**
 * Atomic batches: messages that become durable together, or not at all. The client library's own hides expectations and
 * errors, so the headers are set here.
 * @module
 */
import { headers, type MsgHdrs } from "@nats-io/transport-deno";
import { BackendAway } from "../backend.ts";
import { answerOf, type NatsClient } from "./client.ts";
import { RecentDuplicate } from "./errors.ts";

/** The most messages that every server takes in one batch. */
export const MOST_MESSAGES = 1000;

/** A message to write. */
export interface Write {
  readonly subject: string;
  readonly payload: string;
  /** It replaces what its subject has. */
  readonly replaces?: boolean;
  /** It only says that what its subject had is gone, and may itself go after a while. */
  readonly gone?: boolean;
  /** The last position under a subject or filter before this batch; anything else fails the whole batch. */
  readonly expect?: { readonly filter: string; readonly last: number };
  /** An id that was written a short while ago fails the whole batch. */
  readonly id?: string;
}

/** How long the word that something is gone is kept, for those who follow. */
const GONE_FOR = "600s";

let batches = 0;
const node = crypto.randomUUID().slice(0, 13);
const encoder = new TextEncoder();

interface Ack {
  seq: number;
  batch?: string;
  count?: number;
  duplicate?: boolean;
}

/**
 * Writes all or none, and returns the position of the first: the others follow it one by one. Throws Conflict,
 * RecentDuplicate, BackendRefused, or BackendAway when the outcome is unknown.
 */
export async function writeTogether(client: NatsClient, writes: readonly Write[]): Promise<number> {
  const id = `${node}-${++batches}`;
  const last = writes.length - 1;
  for (let i = 0; i < last; i++) {
    const write = writes[i]!;
    client.publish(write.subject, encoder.encode(write.payload), { headers: headersOf(write, id, i + 1) });
  }
  const final = headersOf(writes[last]!, id, writes.length);
  final.set("Nats-Batch-Commit", "1");
  const answer = await client.request(writes[last]!.subject, encoder.encode(writes[last]!.payload), final);
  const ack = answerOf<Ack>(answer);
  if (ack.batch !== id || ack.count !== writes.length) {
    throw new BackendAway("NATS stored something else than the batch: it may not know atomic batches");
  }
  return ack.seq - last;
}

/** Writes a single message, for which the server need not stage a batch. */
export async function writeOne(client: NatsClient, write: Write): Promise<number> {
  const answer = await client.request(write.subject, encoder.encode(write.payload), expecting(write));
  const ack = answerOf<Ack>(answer);
  if (ack.duplicate) throw new RecentDuplicate("The id was stored a short while ago");
  return ack.seq;
}

function headersOf(write: Write, batch: string, sequence: number): MsgHdrs {
  const set = expecting(write);
  set.set("Nats-Batch-Id", batch);
  set.set("Nats-Batch-Sequence", String(sequence));
  return set;
}

function expecting(write: Write): MsgHdrs {
  const set = headers();
  if (write.replaces || write.gone) set.set("Nats-Rollup", "sub");
  if (write.gone) set.set("Nats-TTL", GONE_FOR);
  if (write.id !== undefined) set.set("Nats-Msg-Id", write.id);
  if (write.expect !== undefined) {
    set.set("Nats-Expected-Last-Subject-Sequence", String(write.expect.last));
    if (write.expect.filter !== write.subject) {
      set.set("Nats-Expected-Last-Subject-Sequence-Subject", write.expect.filter);
    }
  }
  return set;
}
