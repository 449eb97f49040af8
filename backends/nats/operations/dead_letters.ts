/** Dead letters on JetStream: the parked cases whose head is dead. @module */
import { parseStoredLine } from "../../../schema/delivery_line.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetters, OperatorAction } from "../../dead_letters.ts";
import { textOf } from "../../../schema/nats.ts";
import { mapConcurrently } from "../../primitives/concurrency.ts";
import { readAt, READS_AT_ONCE, readSubject } from "../stream/direct_get.ts";
import { Conflict } from "../connection/errors.ts";
import { deliveryLineOf } from "../stream/message.ts";
import { parkedCaseOf, parkedWrite } from "../mailbox/parked_cases.ts";
import {
  type ParkedCase,
  type ParkedDelivery,
  promoteHead,
  revive,
  unpark,
} from "../../settlement/parked_case.ts";
import type { NatsContext } from "../context.ts";
import { auditWrite } from "../mailbox/write_settlement.ts";

const DEFAULT_LIMIT = 100;

/** A parked case with a dead head, and whose it is. */
interface DeadCase {
  readonly subject: string;
  readonly processor: string;
  readonly partition: number;
  readonly caseId: string;
  readonly waiting: ParkedCase;
  readonly head: ParkedDelivery;
  readonly at: number;
}

type DeadLettersContext = Pick<NatsContext, "client" | "stream" | "subjects" | "writer" | "clock">;

/** @param onChanged is called for each mailbox whose parked cases were changed */
export function deadLetters(
  context: DeadLettersContext,
  onChanged: (processor: string, partition: number) => void,
): DeadLetters {
  const act = async (how: Change, filter: DeadLetterFilter, by: OperatorAction) => {
    const chosen = (await findDead(context, filter)).slice(0, filter.limit ?? DEFAULT_LIMIT);
    let acted = 0;
    for (const dead of chosen) {
      if (!await change(context, dead, how, by)) continue;
      acted++;
      onChanged(dead.processor, dead.partition);
    }
    return acted;
  };
  return {
    list: async (filter = {}) => {
      const dead = (await findDead(context, filter)).slice(0, filter.limit ?? DEFAULT_LIMIT);
      return await mapConcurrently(READS_AT_ONCE, dead, (each) => deadLetterOf(context, each));
    },
    count: async (filter = {}) => (await findDead(context, filter)).length,
    redrive: (filter, by) => act(redriven, filter, by),
    discard: (filter, by) => act(discarded, filter, by),
  };
}

/** Every dead letter that matches, oldest first. */
async function findDead(
  { client, stream, subjects }: DeadLettersContext,
  filter: DeadLetterFilter,
): Promise<DeadCase[]> {
  const { processor, caseId, position } = filter;
  const found: DeadCase[] = [];
  for await (const msg of readSubject(client, stream, subjects.parkedCases(processor, undefined, caseId))) {
    if (msg.deleted) continue;
    const { caseId, waiting, at } = parkedCaseOf(msg);
    const head = waiting[0];
    if (head?.state !== "dead" || (position !== undefined && head.position !== position)) continue;
    const [, , owner, partition] = msg.subject.split(".");
    const { subject } = msg;
    found.push({
      subject,
      processor: textOf(owner!),
      partition: Number(partition),
      caseId,
      waiting,
      head,
      at,
    });
  }
  return found.sort((a, b) => a.head.position - b.head.position);
}

async function deadLetterOf({ client, stream }: DeadLettersContext, dead: DeadCase): Promise<DeadLetter> {
  const { processor, partition, caseId, waiting, head } = dead;
  const event = await readAt(client, stream, head.position);
  return {
    processor,
    partition,
    caseId,
    event: parseStoredLine(deliveryLineOf(event!, 0, false)),
    failures: head.failures,
    attempts: head.attempts,
    held: waiting.length - 1,
    since: new Date(head.since).toISOString(),
  };
}

interface Change {
  readonly act: string;
  apply(dead: DeadCase, now: number): ParkedCase;
}

const redriven: Change = {
  act: "redrive",
  apply: ({ waiting, head }, now) => revive(waiting, head.position, now),
};
const discarded: Change = {
  act: "discard",
  apply: ({ waiting, head }, now) => promoteHead(unpark(waiting, head.position), now),
};

/** Changes the case as it was read, with an audit entry; false when it was changed meanwhile. */
async function change(
  context: DeadLettersContext,
  dead: DeadCase,
  { act, apply }: Change,
  { by, why }: OperatorAction,
): Promise<boolean> {
  const { processor, caseId, head, subject, at } = dead;
  const now = context.clock.now();
  const entry = { at: new Date(now).toISOString(), act, by, why, caseId, processor, eventId: head.eventId };
  // The failures of a discarded delivery move into the audit trail, so that nothing about it is lost.
  const details = act === "discard" ? { attempts: head.attempts, failures: head.failures } : undefined;
  try {
    await context.writer.write([
      parkedWrite(subject, caseId, apply(dead, now), at),
      auditWrite(context.subjects, { ...entry, ...details && { details } }),
    ]);
    return true;
  } catch (error) {
    if (error instanceof Conflict) return false;
    throw error;
  }
}
