/** Names and attributes of spans, by OpenTelemetry's semantic conventions for messaging. @module */

/** What a span is about: an operation on a destination. */
export interface Operation {
  readonly name: string;
  readonly type: "send" | "process" | "settle";
  readonly destination: string;
}

/** One event, or a batch of them. */
export type Subject = { readonly eventId: string; readonly caseId: string } | { readonly count: number };

/** The name of a span: of few values, so that a store of traces can group by it. */
export function spanName({ name, destination }: Operation): string {
  return `${name} ${destination}`;
}

/** The conventions list no system for either store; their products' names are used. */
const SYSTEMS: Readonly<Record<string, string>> = { postgres: "postgresql" };

/** The attributes that every span of ours has. */
export function operationAttributes(store: string, { name, type, destination }: Operation, subject: Subject) {
  return {
    "messaging.system": SYSTEMS[store] ?? store,
    "messaging.operation.name": name,
    "messaging.operation.type": type,
    "messaging.destination.name": destination,
    ...("count" in subject ? { "messaging.batch.message_count": subject.count } : {
      "messaging.message.id": subject.eventId,
      "messaging.message.conversation_id": subject.caseId,
    }),
  };
}

/** The destination of what several processors do together. */
export const SEVERAL = "pass";

/** The attributes of a processor's work on its mailbox, or of what several do in a partition. */
export function consumerAttributes(processor: string | undefined, partition: number) {
  return {
    ...(processor !== undefined && { "messaging.consumer.group.name": processor }),
    "messaging.destination.partition.id": String(partition),
  };
}
