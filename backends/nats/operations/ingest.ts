/**
 * Ingest for producers that can't compute a partition: on one subject plain JSON, an event or an array of them, or CloudEvents
 * (structured, a batch, or with headers, which is kept as a structured one). A node validates the messages, appends
 * them in their order, and purges them only then. An event without an id gets one derived from its sequence, so a message
 * that is ingested twice, after a crash or by two nodes, is stored once.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { InvalidEvent } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { reproducibleRootId } from "../../../schema/ids.ts";
import { structuredText } from "../../../schema/cloudevents/bindings.ts";
import type { EventNames } from "../../../schema/cloudevents/event_names.ts";
import { type InputOptions, readInput } from "../../../schema/input.ts";
import { decodeText, parseJsonText } from "../../../schema/json_text.ts";
import { rejectionRoom } from "../../../schema/nats.ts";
import type { RefusalClass, RefusalListener } from "../../dead_letters.ts";
import type { Grants, Producer } from "../../../schema/authority/grants.ts";
import { needsHistory } from "../../../schema/authority/second_person.ts";
import { EventIdConflict, NotAllowed } from "../../errors.ts";
import { admitAll } from "../../producers.ts";
import { originOf } from "../setup/origin.ts";
import { type NatsProducers, producerOf } from "../authority/producers.ts";
import { parseTraceparent } from "../../tracing/trace_context.ts";
import { parseAnswer } from "../connection/client.ts";
import { readSubject, type StreamMessage } from "../stream/direct_get.ts";
import { EventTooLarge } from "../connection/errors.ts";
import type { InboxContext } from "./ingest_inbox.ts";

export interface IngestContext extends InboxContext {
  /** Stores events that were admitted, as far as their cases allow it. Throws NotAllowed for one that they do not. */
  append(events: readonly WireEvent[], producer?: Producer): Promise<unknown>;
  readonly producers: NatsProducers;
  readonly onInputRefused: RefusalListener;
  /** What event types are called in CloudEvents. */
  readonly names: EventNames | undefined;
}

interface Refusal {
  readonly refusalClass: RefusalClass;
  readonly reason: string;
}

/** Every subject of the ingest stream. */
const ALL = ">";
/** Messages, and characters of them, of one pass: what is in front of it is over. */
export const AT_ONCE = 500;
const MAX_CHARACTERS = 8_000_000;
/** What is kept of a message that a stream without the limit of `schema/nats.ts` took and that can't be kept with the reason. */
const MAX_REJECTED_CHARACTERS = 16_000;
/** The names of the headers of a rejected message, and what stands between them. */
const HEADER_BYTES = 512;

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
  const created = originOf(await client.manage(({ streams }) => streams.info(stream)));
  const messages: IngestMessage[] = [];
  const grants = await context.producers.known();
  for (const each of pending) {
    const found = named(each, created);
    const read = admit(
      readMessage(found, created, context),
      producerOf(each.subject, subjects.ingest()),
      context,
      grants,
    );
    if ("reason" in read) await reject(context, found, read);
    else messages.push(...read);
  }
  await appendMessages(context, messages);
  const taken = { filter: ALL, seq: pending.at(-1)!.position + 1 };
  await client.manage(({ streams }) => streams.purge(stream, taken));
  return pending.length;
}

/** What a message is called in the inbox, of a stream that was made at this time. */
export function nameOf(position: number, created: string): string {
  return `${Date.parse(created)}-${position}`;
}

function named(message: StreamMessage, created: string): IngestedMessage {
  const name = nameOf(message.position, created);
  const { eventHeaders, payload } = message;
  if (eventHeaders === undefined) return { ...message, name };
  return { ...message, name, payload: structuredText(eventHeaders, payload) };
}

/** The events, or why the message is rejected: with all of them. */
function readMessage(
  found: IngestedMessage,
  created: string,
  { names }: Pick<IngestContext, "names">,
): readonly IngestMessage[] | Refusal {
  try {
    const value = parseJsonText(found.raw === undefined ? found.payload : decodeText(found.raw));
    const inputs = Array.isArray(value) ? value : [value];
    if (inputs.length === 0) throw new InvalidEvent(["an array of events has at least one"]);
    return inputs.map((input, i) => ({
      found,
      event: readInput(input, optionsOf(found, created, i, names)),
    }));
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    return { refusalClass: error.refusalClass, reason: error.problems.join("; ") };
  }
}

/** The ids of the events in a message, of a stream that was made at this time; none where it is refused. */
export function eventIdsIn(message: StreamMessage, created: string): readonly string[] {
  const read = readMessage(named(message, created), created, { names: undefined });
  return "reason" in read ? [] : read.map(({ event }) => event.event_id);
}

/** The first event of a message has the id that it would have alone. */
function optionsOf(
  found: IngestedMessage,
  created: string,
  index: number,
  names: EventNames | undefined,
): InputOptions {
  const seed = [created, found.position, "ingest", ...(index === 0 ? [] : [index])];
  return {
    now: () => new Date(found.recordedAt),
    newId: () => reproducibleRootId(found.recordedAt, ...seed),
    names,
    ...traceOf(found),
  };
}

/** The events as their producer may have them stored, or why it may not. */
function admit(
  read: readonly IngestMessage[] | Refusal,
  producer: Producer,
  { producers }: IngestContext,
  grants: Grants,
): readonly IngestMessage[] | Refusal {
  if ("reason" in read) return read;
  const perMinute = grants.get(producer.name)?.perMinute;
  const over = read.map(() => producers.rateFault(producer.name, perMinute)).find((fault) =>
    fault !== undefined
  );
  if (over !== undefined) return { refusalClass: "not_allowed", reason: over };
  try {
    const admitted = admitAll(read.map(({ event }) => event), producer, grants);
    return read.map(({ found }, i) => ({ found, event: admitted[i]!, producer }));
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
