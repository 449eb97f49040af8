/** How far the read model of cases has projected the log, and whether the log still has what that was. @module */
import { casesBucket } from "../../../schema/nats.ts";
import { BackendUnusable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";
import { readLast, readStored, type StreamMessage } from "../stream/direct_get.ts";

/** The last event that was projected. */
interface Projected {
  readonly position: number;
  /** Tells it from one at the same position of another log. */
  readonly recordedAt: number;
  /** The position of the checkpoint itself; 0 without any. */
  readonly at: number;
}

export function casesBucketOf(stream: string) {
  const name = casesBucket(stream);
  return { bucket: `KV_${name}`, subject: (key: string) => `$KV.${name}.${key}` };
}

/** The checkpoint of the read model behind an event. */
export function projectedUpTo({ position, recordedAt }: StreamMessage): string {
  return `${position} ${recordedAt}`;
}

export async function readProjected(client: NatsClient, stream: string): Promise<Projected> {
  const { bucket, subject } = casesBucketOf(stream);
  const found = await readLast(client, bucket, subject("checkpoint"));
  const [position = 0, recordedAt = 0] = found?.payload.split(" ").map(Number) ?? [];
  return { position, recordedAt, at: found?.position ?? 0 };
}

/**
 * The position up to which the read model has projected another log than this one; undefined when it is this one, or when
 * this client may not know. No event is ever removed from a log.
 */
export async function foreignProjection(client: NatsClient, stream: string): Promise<number | undefined> {
  try {
    const { position, recordedAt } = await readProjected(client, stream);
    if (position === 0) return undefined;
    const event = await readStored(client, stream, position);
    return event?.recordedAt === recordedAt ? undefined : position;
  } catch (error) {
    if (error instanceof BackendUnusable) return undefined;
    throw error;
  }
}
