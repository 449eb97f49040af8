/**
 * Servers and streams without atomic batches, where `--allow-weaker` lets them be used: what they lack, and the streams
 * as such a server can have them.
 * @module
 */
import { casesStream, type StoreShape, type StreamConfig, streamsOf } from "../../../schema/nats.ts";

/** The API level that came with atomic batches (nats-server 2.12). */
export const ATOMIC_LEVEL = 2;
/** The API level that came with messages that expire, and with several messages in the answer to a read (2.11). */
const READS_LEVEL = 1;

/** What a store has to do without. */
export interface Shortfall {
  /** Why, for people. */
  readonly reason: string;
  /** A message may say when it may go by itself. */
  readonly expires: boolean;
  /** A read is answered with one message, and a consumer has one filter. */
  readonly plain: boolean;
}

export function shortfallOf(level: number, { allow_msg_ttl }: StreamConfig, reason: string): Shortfall {
  return { reason, expires: allow_msg_ttl === true, plain: level < READS_LEVEL };
}

/**
 * The streams that a server of this level is asked for. What it would drop silently is not asked of it. The read model of
 * cases is kept by atomic batches: without, the log is read.
 */
export function streamsAt(level: number, shape: StoreShape): StreamConfig[] {
  if (level >= ATOMIC_LEVEL) return streamsOf(shape);
  const { name: model } = casesStream(shape);
  return streamsOf(shape).filter(({ name }) => name !== model).map((config) => ({
    ...config,
    allow_atomic: false,
    allow_msg_ttl: level >= READS_LEVEL && config.allow_msg_ttl,
    ...(level < READS_LEVEL ? { description: `zaakstroom: ${shape.partitions} partitions` } : {}),
  }));
}
