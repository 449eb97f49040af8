/**
 * What a source took in, and what a person dealt with in its inbox, was removed there and stays in its mirrors. The log tells
 * it, and it is removed before nodes find it waiting.
 * @module
 */
import type { NatsClient } from "../connection/client.ts";
import { decodeRecord } from "../journal/record/decode_record.ts";
import type { LogRecord } from "../journal/record/record.ts";
import { INBOX_CASE } from "../operations/ingest_inbox.ts";
import { AT_ONCE, eventIdsIn, nameOf } from "../operations/ingest.ts";
import { originOf } from "../setup/origin.ts";
import { positionSince, readAllOf, readWhole, type StreamMessage } from "../stream/direct_get.ts";

/** The streams that are compared, by their names: the first two are no mirrors any more. */
interface Streams {
  readonly ingest: string;
  readonly inbox: string;
  readonly log: string;
}

/** By how much the clocks of the servers of one cluster differ at most. */
const CLOCKS_MS = 60_000;
const ALL = ">";

export async function removeHandled(client: NatsClient, { ingest, inbox, log }: Streams): Promise<void> {
  const waiting = await readAllOf(client, ingest, ALL);
  const rejected = await readAllOf(client, inbox, ALL);
  const created = originOf(await client.manage(({ streams }) => streams.info(ingest)));
  const handled = new Handled(waiting, rejected, created);
  for await (const record of recordsSince(client, log, [...waiting, ...rejected])) handled.take(record);
  for (const position of handled.rejected) await remove(client, inbox, position);
  const { before, taken } = handled.ingested();
  if (before > 0) await client.manage(({ streams }) => streams.purge(ingest, { filter: ALL, seq: before }));
  for (const position of taken) if (position >= before) await remove(client, ingest, position);
}

/** The records that may be about any of these messages. */
async function* recordsSince(
  client: NatsClient,
  log: string,
  messages: readonly StreamMessage[],
): AsyncGenerator<LogRecord> {
  const first = messages.reduce((least, { recordedAt }) => Math.min(least, recordedAt), Infinity);
  if (first === Infinity) return;
  const from = await positionSince(client, log, ALL, Math.max(0, first - CLOCKS_MS));
  if (from === undefined) return;
  for await (const { data } of readWhole(client, log, from)) {
    const record = decodeRecord(data);
    if (record.kind === "record") yield record;
  }
}

async function remove(client: NatsClient, stream: string, position: number): Promise<void> {
  await client.manage(({ streams }) => streams.deleteMessage(stream, position));
}

/** Finds out what of the messages is over. Pure. */
export class Handled {
  /** Positions of the inbox that a person dealt with. */
  readonly rejected = new Set<number>();
  readonly #inbox: ReadonlySet<number>;
  readonly #byEvent = new Map<string, number>();
  /** Positions of messages whose events are in the log, or which are in the inbox. */
  readonly #taken: Set<number>;

  /** @param created when the stream of ingest was made, or that whose place it took */
  constructor(waiting: readonly StreamMessage[], rejected: readonly StreamMessage[], created: string) {
    for (const message of waiting) {
      for (const id of eventIdsIn(message, created)) this.#byEvent.set(id, message.position);
    }
    this.#inbox = new Set(rejected.map(({ position }) => position));
    const names = new Set(rejected.map(({ subject }) => subject.slice(subject.lastIndexOf(".") + 1)));
    const inInbox = waiting.filter(({ position }) => names.has(nameOf(position, created)));
    this.#taken = new Set(inInbox.map(({ position }) => position));
  }

  take({ events, changes }: Pick<LogRecord, "events" | "changes">): void {
    for (const { eventId } of events) {
      const position = this.#byEvent.get(eventId);
      if (position !== undefined) this.#taken.add(position);
    }
    for (const { caseId, eventId } of changes.trail) {
      const position = Number(eventId);
      if (caseId === INBOX_CASE && this.#inbox.has(position)) this.rejected.add(position);
    }
  }

  /**
   * Messages are taken in their order, so many at once: in front of those that were taken together with the last one, all are
   * over, and behind them each that was taken.
   */
  ingested(): { readonly before: number; readonly taken: readonly number[] } {
    const taken = [...this.#taken];
    const last = taken.reduce((most, position) => Math.max(most, position), 0);
    return { before: Math.max(0, last - AT_ONCE + 1), taken };
  }
}
