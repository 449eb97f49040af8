/**
 * Ingest for producers that can't compute a partition: plain JSON on one subject. A node validates the messages, appends
 * them in their order, and purges them only then. An event without an id gets one derived from its sequence, so a message
 * that is ingested twice, after a crash or by two nodes, is stored once.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { InvalidEvent } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { reproducibleRootId } from "../../../schema/ids.ts";
import { readInputText } from "../../../schema/input.ts";
import { rejectionRoom } from "../../../schema/nats.ts";
import type {
  AuditEntry,
  Inbox,
  OperatorAction,
  RefusalClass,
  RefusalListener,
  RejectedEvent,
} from "../../dead_letters.ts";
import type { Grants, Producer } from "../../../schema/authority/grants.ts";
import { needsHistory } from "../../../schema/authority/second_person.ts";
import { EventIdConflict, NotAllowed } from "../../errors.ts";
import { admitAll } from "../../producers.ts";
import { type NatsProducers, producerOf } from "../authority/producers.ts";
import { parseTraceparent } from "../../tracing/trace_context.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { readAt, readSubject, type StreamMessage } from "../stream/direct_get.ts";
import { createConsumer, deleteConsumer } from "../stream/ephemeral_consumer.ts";
import { EventTooLarge, isNotFound } from "../connection/errors.ts";

export interface InboxContext {
  readonly client: NatsClient;
  /** The stream that producers publish on. */
  readonly ingestStream: string;
  /** Where what is refused is kept. */
  readonly inboxStream: string;
  readonly subjects: { ingest(): string; rejected(message: string): string };
  /** Makes an act durable in the trail. */
  record(act: Omit<AuditEntry, "at">): Promise<unknown>;
}

/** The case under which the trail has what was done in the inbox. */
const INBOX_CASE = "inbox";

export interface IngestContext extends InboxContext {
  /** Stores events that were admitted, as far as their cases allow it. Throws NotAllowed for one that they do not. */
  append(events: readonly WireEvent[], producer?: Producer): Promise<unknown>;
  readonly producers: NatsProducers;
  readonly onInputRefused: RefusalListener;
}

interface Refusal {
  readonly refusalClass: RefusalClass;
  readonly reason: string;
}

/** Every subject of the ingest stream. */
const ALL = ">";
/** Messages, and characters of them, of one pass. */
const AT_ONCE = 500;
const MAX_CHARACTERS = 8_000_000;
/** What is kept of a message that a stream without the limit of `schema/nats.ts` took and that can't be kept with the reason. */
const MAX_REJECTED_CHARACTERS = 16_000;
/** The names of the headers of a rejected message, and what stands between them. */
const HEADER_BYTES = 512;
const COUNTER_IDLE_MS = 5_000;

/** A message, and a name for it that no other has: a stream that is made anew counts from 1 again. */
interface IngestedMessage extends StreamMessage {
  readonly name: string;
}

/** A message that holds a valid event. */
interface IngestMessage {
  readonly found: IngestedMessage;
  readonly event: WireEvent;
  /** Who sent it, once it is admitted. */
  readonly producer?: Producer;
}

/** Ingests the waiting messages. Returns how many there were. */
export async function ingestPending(context: IngestContext): Promise<number> {
  const { client, subjects, ingestStream: stream } = context;
  const pending: StreamMessage[] = [];
  let characters = 0;
  for await (const found of readSubject(client, stream, ALL)) {
    pending.push(found);
    characters += found.payload.length;
    if (pending.length === AT_ONCE || characters >= MAX_CHARACTERS) break;
  }
  if (pending.length === 0) return 0;
  const { created } = await client.manage(({ streams }) => streams.info(stream));
  const messages: IngestMessage[] = [];
  const grants = await context.producers.known();
  for (const each of pending) {
    const found = { ...each, name: `${Date.parse(created)}-${each.position}` };
    const read = admit(
      readMessage(found, created),
      producerOf(each.subject, subjects.ingest()),
      context,
      grants,
    );
    if ("reason" in read) await reject(context, found, read);
    else messages.push(read);
  }
  await appendMessages(context, messages);
  const taken = { filter: ALL, seq: pending.at(-1)!.position + 1 };
  await client.manage(({ streams }) => streams.purge(stream, taken));
  return pending.length;
}

/** The event, or why the message is rejected. */
function readMessage(found: IngestedMessage, created: string): IngestMessage | Refusal {
  try {
    const now = () => new Date(found.recordedAt);
    const newId = () => reproducibleRootId(found.recordedAt, created, found.position, "ingest");
    const options = { now, newId, ...traceOf(found) };
    return { found, event: readInputText(found.raw ?? found.payload, options) };
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    return { refusalClass: error.refusalClass, reason: error.problems.join("; ") };
  }
}

/** The event as its producer may have it stored, or why it may not. */
function admit(
  read: IngestMessage | Refusal,
  producer: Producer,
  { producers }: IngestContext,
  grants: Grants,
): IngestMessage | Refusal {
  if ("reason" in read) return read;
  const over = producers.rateFault(producer.name, grants.get(producer.name)?.perMinute);
  if (over !== undefined) return { refusalClass: "not_allowed", reason: over };
  try {
    const [event] = admitAll([read.event], producer, grants);
    return { found: read.found, event: event!, producer };
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    return { refusalClass: "not_allowed", reason: error.message };
  }
}

/** The trace of its sender. A header that says none is no reason to refuse an event. */
function traceOf({ traceparent }: StreamMessage): { traceparent?: string } {
  return traceparent !== undefined && parseTraceparent(traceparent) !== undefined ? { traceparent } : {};
}

/** Appends all; one that can't be stored is rejected, so that it does not block the others. */
async function appendMessages(context: IngestContext, messages: readonly IngestMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const judged = messages.find(({ event }) => needsHistory(event.event_type));
  if (judged !== undefined && messages.length > 1) {
    const at = messages.indexOf(judged);
    await appendMessages(context, messages.slice(0, at));
    await appendMessages(context, [judged]);
    return await appendMessages(context, messages.slice(at + 1));
  }
  try {
    await context.append(messages.map(({ event }) => event), judged?.producer);
  } catch (error) {
    const refusalClass = refusalClassOf(error);
    if (refusalClass === undefined) throw error;
    const refusal = { refusalClass, reason: (error as Error).message } as const;
    if (messages.length === 1) return await reject(context, messages[0]!.found, refusal);
    // By halves: one by one, an id that is taken made 500 appends of one.
    const half = messages.length >> 1;
    await appendMessages(context, messages.slice(0, half));
    await appendMessages(context, messages.slice(half));
  }
}

function refusalClassOf(error: unknown): RefusalClass | undefined {
  if (error instanceof EventIdConflict) return "id_conflict";
  if (error instanceof EventTooLarge) return "too_large";
  return error instanceof NotAllowed ? "not_allowed" : undefined;
}

/** Moves a message into the inbox under its name, so that a second time overwrites the first. */
async function reject(context: IngestContext, found: IngestedMessage, refusal: Refusal): Promise<void> {
  const { reason, refusalClass } = refusal;
  let id: number;
  try {
    id = await storeRejected(context, found, found.raw ?? found.payload, reason);
  } catch (error) {
    if (!(error instanceof EventTooLarge)) throw error;
    id = await storeRejected(
      context,
      found,
      found.payload.slice(0, MAX_REJECTED_CHARACTERS),
      `${reason} (what is kept is cut short)`,
    );
  }
  context.onInputRefused({ id, refusalClass });
  if (refusalClass === "not_allowed") {
    await context.producers.recordRefusal(reason, producerOf(found.subject, context.subjects.ingest()).name);
  }
}

async function storeRejected(
  { client, subjects }: IngestContext,
  found: IngestedMessage,
  text: string | Uint8Array,
  reason: string,
): Promise<number> {
  const set = headers();
  set.set("Nats-Rollup", "sub");
  // A character takes at most three bytes a code unit.
  const longest = Math.floor((rejectionRoom(client.maxPayload) - HEADER_BYTES) / 3);
  set.set("Zaakstroom-Subject", found.subject);
  set.set("Zaakstroom-Reason", reason.slice(0, Math.max(0, longest)));
  return parseAnswer<{ seq: number }>(await client.request(subjects.rejected(found.name), text, set)).seq;
}

/** The rejected messages, for a person to retry or discard. */
export function ingestInbox(context: InboxContext): Inbox {
  const { client, subjects } = context;
  return {
    find: async (id) => {
      const found = await readRejected(context, id);
      return found && rejectedEventOf(found);
    },
    list: (limit = 100) => readRejections(context, limit),
    count: () => countRejected(context),
    discard: (id, act) => discard(context, id, act),
    retry: async (id, act) => {
      const found = await readRejected(context, id);
      if (found === undefined) return false;
      parseAnswer(await client.request(found.sentTo || subjects.ingest(), found.raw ?? found.payload));
      return await discard(context, id, act, "retry");
    },
  };
}

async function readRejections({ client, inboxStream, subjects }: InboxContext, limit: number) {
  const rejected: RejectedEvent[] = [];
  for await (const found of readSubject(client, inboxStream, subjects.rejected("*"))) {
    if (rejected.push(rejectedEventOf(found)) >= limit) break;
  }
  return rejected;
}

/** The server counts, so that the health of a node reads none of them. */
async function countRejected({ client, inboxStream: stream, subjects }: InboxContext): Promise<number> {
  const counter = await createConsumer(client, stream, [subjects.rejected("*")], 0, COUNTER_IDLE_MS);
  await deleteConsumer(client, stream, counter.name);
  return counter.num_pending;
}

/** The rejected message at this position; a message of another subject is none. */
async function readRejected({ client, inboxStream, subjects }: InboxContext, id: number) {
  const found = await readAt(client, inboxStream, id);
  return found?.subject.startsWith(subjects.rejected("*").slice(0, -1)) ? found : undefined;
}

function rejectedEventOf({ position, recordedAt, payload, reason = "" }: StreamMessage): RejectedEvent {
  return { id: position, at: new Date(recordedAt).toISOString(), reason, text: payload };
}

/** Removes a rejected message, with an audit entry; false when it is not there. */
async function discard(
  context: InboxContext,
  id: number,
  { by, why }: OperatorAction,
  act = "discard",
): Promise<boolean> {
  if (await readRejected(context, id) === undefined) return false;
  const { client, inboxStream } = context;
  await context.record({ act: `inbox_${act}`, by, why, caseId: INBOX_CASE, eventId: `${id}` });
  try {
    return await client.manage(({ streams }) => streams.deleteMessage(inboxStream, id));
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
