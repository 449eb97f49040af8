/**
 * Ingest for producers that can't compute a partition: plain JSON on one subject. A node validates the messages, appends
 * them in their order, and purges them only then. An event without an id gets one derived from its sequence, so a message
 * that is ingested twice, after a crash or by two nodes, is stored once.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { InvalidEvent } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { derivedId } from "../../../schema/ids.ts";
import { readInputText } from "../../../schema/input.ts";
import { ingestName } from "../../../schema/nats.ts";
import type {
  Inbox,
  OperatorAction,
  RefusalClass,
  RefusalListener,
  RejectedEvent,
} from "../../dead_letters.ts";
import { EventIdConflict } from "../../errors.ts";
import { parseAnswer } from "../connection/client.ts";
import { readAllOf, readAt, readSubject, type StreamMessage } from "../stream/direct_get.ts";
import { EventTooLarge, isNotFound } from "../connection/errors.ts";
import type { NatsContext } from "../context.ts";
import { auditWrite } from "../mailbox/write_settlement.ts";

type InboxContext = Pick<NatsContext, "client" | "stream" | "subjects" | "writer" | "clock">;

export interface IngestContext extends InboxContext {
  append(events: readonly WireEvent[]): Promise<unknown>;
  readonly onInputRefused: RefusalListener;
}

interface Refusal {
  readonly refusalClass: RefusalClass;
  readonly reason: string;
}

const AT_ONCE = 500;
/** The part that is kept of a message too large to be stored together with the reason. */
const MAX_REJECTED_CHARACTERS = 16_000;

/** A message that holds a valid event. */
interface IngestMessage {
  readonly found: StreamMessage;
  readonly event: WireEvent;
}

/** Ingests the waiting messages. Returns how many there were. */
export async function ingestPending(context: IngestContext): Promise<number> {
  const { client, subjects } = context;
  const stream = ingestName(context.stream);
  const pending: StreamMessage[] = [];
  for await (const found of readSubject(client, stream, subjects.ingest())) {
    pending.push(found);
    if (pending.length === AT_ONCE) break;
  }
  if (pending.length === 0) return 0;
  const { created } = await client.manage(({ streams }) => streams.info(stream));
  const messages: IngestMessage[] = [];
  for (const found of pending) {
    const read = readMessage(found, created);
    if ("reason" in read) await reject(context, found, read);
    else messages.push(read);
  }
  await appendMessages(context, messages);
  const taken = { filter: subjects.ingest(), seq: pending.at(-1)!.position + 1 };
  await client.manage(({ streams }) => streams.purge(stream, taken));
  return pending.length;
}

/** The event, or why the message is rejected. */
function readMessage(found: StreamMessage, created: string): IngestMessage | Refusal {
  try {
    const now = () => new Date(found.recordedAt);
    const newId = () => derivedId(`${created}/${found.position}`, found.recordedAt, "ingest", 0);
    return { found, event: readInputText(found.raw ?? found.payload, { now, newId, source: "ingest" }) };
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    return { refusalClass: error.refusalClass, reason: error.problems.join("; ") };
  }
}

/** Appends all; one that can't be stored is rejected, so that it does not block the others. */
async function appendMessages(context: IngestContext, messages: readonly IngestMessage[]): Promise<void> {
  if (messages.length === 0) return;
  try {
    await context.append(messages.map(({ event }) => event));
  } catch (error) {
    if (!(error instanceof EventIdConflict || error instanceof EventTooLarge)) throw error;
    const refusalClass = error instanceof EventIdConflict ? "id_conflict" : "too_large";
    const refusal = { refusalClass, reason: error.message } as const;
    if (messages.length === 1) return await reject(context, messages[0]!.found, refusal);
    for (const message of messages) await appendMessages(context, [message]);
  }
}

/** Moves a message aside under its sequence, so that a second time overwrites the first. */
async function reject(context: IngestContext, found: StreamMessage, refusal: Refusal): Promise<void> {
  const { reason, refusalClass } = refusal;
  context.onInputRefused({ id: found.position, refusalClass });
  try {
    await storeRejected(context, found, found.raw ?? found.payload, reason);
  } catch (error) {
    if (!(error instanceof EventTooLarge)) throw error;
    await storeRejected(
      context,
      found,
      found.payload.slice(0, MAX_REJECTED_CHARACTERS),
      `${reason} (what is kept is cut short)`,
    );
  }
}

async function storeRejected(
  { client, subjects }: IngestContext,
  found: StreamMessage,
  text: string | Uint8Array,
  reason: string,
) {
  const set = headers();
  set.set("Nats-Rollup", "sub");
  set.set("Zaakstroom-Reason", reason);
  parseAnswer(await client.request(subjects.rejected(found.position), text, set));
}

/** The rejected messages, for a person to retry or discard. */
export function ingestInbox(context: InboxContext): Inbox {
  const { client, subjects } = context;
  const stream = ingestName(context.stream);
  const readAll = async () => (await readAllOf(client, stream, subjects.rejected("*"))).map(rejectedEventOf);
  return {
    find: async (id) => {
      const found = await readRejected(context, id);
      return found && rejectedEventOf(found);
    },
    list: async (limit = 100) => (await readAll()).slice(0, limit),
    count: async () => (await readAll()).length,
    discard: (id, act) => discard(context, id, act),
    retry: async (id, act) => {
      const found = await readRejected(context, id);
      if (found === undefined) return false;
      parseAnswer(await client.request(subjects.ingest(), found.raw ?? found.payload));
      return await discard(context, id, act, "retry");
    },
  };
}

/** The rejected message at this position; a message of another subject is none. */
async function readRejected({ client, stream, subjects }: InboxContext, id: number) {
  const found = await readAt(client, ingestName(stream), id);
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
  const { client, writer, subjects, clock } = context;
  await writer.write([
    auditWrite(subjects, {
      at: new Date(clock.now()).toISOString(),
      act: `inbox_${act}`,
      by,
      why,
      caseId: "inbox",
      eventId: `${id}`,
    }),
  ]);
  try {
    return await client.manage(({ streams }) => streams.deleteMessage(ingestName(context.stream), id));
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
