/**
 * The door for producers that can't compute a partition: plain JSON on one subject. A node validates what came, appends it
 * in the order in which it came, and only then takes it away. An event without an id gets one that follows from its
 * place, so that one that is taken in twice, after a crash or by two nodes, is stored once.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { InvalidEvent } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { derivedId } from "../../../schema/ids.ts";
import { readInput } from "../../../schema/input.ts";
import { ingestName } from "../../../schema/nats.ts";
import type { Inbox, OperatorAction, RejectedEvent } from "../../dead_letters.ts";
import { EventIdConflict } from "../../errors.ts";
import { isNotFound, parseAnswer } from "../connection/client.ts";
import { readAllOf, readAt, readSubject, type StreamMessage } from "../stream/direct_get.ts";
import { EventTooLarge } from "../connection/errors.ts";
import type { NatsContext } from "../context.ts";
import { auditWrite } from "../mailbox/write_settlement.ts";

interface IngestContext extends Pick<NatsContext, "client" | "stream" | "subjects" | "writer" | "clock"> {
  append(events: readonly WireEvent[]): Promise<unknown>;
}

const AT_ONCE = 500;
/** Of what is too large to be kept together with the reason, so much is kept. */
const MAX_REJECTED_CHARACTERS = 16_000;

/** An event at the door that is valid. */
interface IngestMessage {
  readonly found: StreamMessage;
  readonly event: WireEvent;
}

/** Takes in what is at the door. Returns how many events that were. */
export async function ingestPending(context: IngestContext): Promise<number> {
  const { client, subjects } = context;
  const stream = ingestName(context.stream);
  const pending: StreamMessage[] = [];
  for await (const found of readSubject(client, stream, subjects.ingest())) {
    pending.push(found);
    if (pending.length === AT_ONCE) break;
  }
  if (pending.length === 0) return 0;
  const { created } = await client.api<{ created: string }>(`STREAM.INFO.${stream}`);
  const messages: IngestMessage[] = [];
  for (const found of pending) {
    const read = readMessage(found, created);
    if (typeof read === "string") await reject(context, found, read);
    else messages.push(read);
  }
  await appendMessages(context, messages);
  const behind = pending.at(-1)!.position + 1;
  await client.api(`STREAM.PURGE.${stream}`, { filter: subjects.ingest(), seq: behind });
  return pending.length;
}

/** The event, or why it can't be taken in. */
function readMessage(found: StreamMessage, created: string): IngestMessage | string {
  try {
    const now = () => new Date(found.recordedAt);
    const newId = () => derivedId(`${created}/${found.position}`, found.recordedAt, "ingest", 0);
    return { found, event: readInput(JSON.parse(found.payload), { now, newId, source: "ingest" }) };
  } catch (error) {
    if (error instanceof InvalidEvent) return error.problems.join("; ");
    if (error instanceof SyntaxError) return "it is not JSON";
    throw error;
  }
}

/** One that can't be stored must not hold up the rest. */
async function appendMessages(context: IngestContext, messages: readonly IngestMessage[]): Promise<void> {
  if (messages.length === 0) return;
  try {
    await context.append(messages.map(({ event }) => event));
  } catch (error) {
    if (!(error instanceof EventIdConflict || error instanceof EventTooLarge)) throw error;
    if (messages.length === 1) return await reject(context, messages[0]!.found, error.message);
    for (const message of messages) await appendMessages(context, [message]);
  }
}

/** Puts it aside under its place: a second time, it is put there again. */
async function reject(context: IngestContext, found: StreamMessage, reason: string): Promise<void> {
  try {
    await storeRejected(context, found, found.payload, reason);
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
  text: string,
  reason: string,
) {
  const set = headers();
  set.set("Nats-Rollup", "sub");
  set.set("Zaakstroom-Reason", reason);
  parseAnswer(await client.request(subjects.rejected(found.position), text, set));
}

/** What was refused, in the hands of a person. */
export function ingestInbox(context: IngestContext): Inbox {
  const { client, subjects } = context;
  const stream = ingestName(context.stream);
  const readRejected = async () =>
    (await readAllOf(client, stream, subjects.rejected("*"))).map(rejectedEventOf);
  return {
    list: async (limit = 100) => (await readRejected()).slice(0, limit),
    count: async () => (await readRejected()).length,
    discard: (id, act) => discard(context, stream, id, act),
    retry: async (id, act) => {
      const found = await readAt(client, stream, id);
      if (found === undefined || !found.subject.startsWith(subjects.rejected("*").slice(0, -1))) return false;
      parseAnswer(await client.request(subjects.ingest(), found.payload));
      return await discard(context, stream, id, act, "retry");
    },
  };
}

function rejectedEventOf({ position, recordedAt, payload, reason = "" }: StreamMessage): RejectedEvent {
  return { id: position, at: new Date(recordedAt).toISOString(), reason, text: payload };
}

/** Takes it away, with a line of the trail; false when it is not there. */
async function discard(
  { client, writer, subjects, clock }: IngestContext,
  stream: string,
  id: number,
  { by, why }: OperatorAction,
  act = "discard",
): Promise<boolean> {
  const found = await readAt(client, stream, id);
  if (found === undefined || !found.subject.startsWith(subjects.rejected("*").slice(0, -1))) return false;
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
    await client.api(`STREAM.MSG.DELETE.${stream}`, { seq: id });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
