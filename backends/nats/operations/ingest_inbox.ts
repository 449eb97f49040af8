/** What was rejected at ingest, and waits for a person. @module */
import type { AuditEntry, Inbox, OperatorAction, RejectedEvent } from "../../dead_letters.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { isNotFound } from "../connection/errors.ts";
import { readAt, readSubject, type StreamMessage } from "../stream/direct_get.ts";

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
export const INBOX_CASE = "inbox";

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

/** The stream has nothing else, so that the server counts and the health of a node reads none of them. */
async function countRejected({ client, inboxStream }: InboxContext): Promise<number> {
  return (await client.manage(({ streams }) => streams.info(inboxStream))).state.messages;
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
