/** What is stored on JetStream: the streams, their subjects, and the reasons for their configuration. @module */
import type { StreamConfig } from "@nats-io/jetstream";

/** The settings of a stream that this program decides on. */
export type StreamSettings = Required<
  Pick<
    StreamConfig,
    | "name"
    | "subjects"
    | "storage"
    | "num_replicas"
    | "retention"
    | "discard"
    | "max_age"
    | "max_bytes"
    | "max_msg_size"
    | "duplicate_window"
    | "max_msgs_per_subject"
    | "compression"
    | "allow_atomic"
    | "allow_rollup_hdrs"
    | "allow_direct"
    | "allow_msg_ttl"
    | "deny_purge"
    | "metadata"
  >
>;

/** The settings in which stores differ. */
export interface StoreShape {
  readonly stream: string;
  readonly prefix: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly leaseMs: number;
  /** The largest message that the server takes, in bytes. */
  readonly maxPayload: number;
  /** What waits on the ingest subject at most, in bytes; -1 is no bound. */
  readonly ingestBytes: number;
}

const MS = 1_000_000;
/** The metadata key that marks a stream as ours; the number of partitions never changes. */
const PARTITIONS_KEY = "zaakstroom.partitions";

/** How many partitions a stream says it has; NaN for one that is not ours. */
export function partitionsIn({ metadata }: Partial<StreamConfig>): number {
  return Number(metadata?.[PARTITIONS_KEY]);
}

/** How long the server keeps the ids that producers may give their messages. */
const DUPLICATE_WINDOW_MS = 120_000;

/** What the streams of a store on disk have in common. */
export function storeStream(
  { stream, prefix, partitions, replicas }: Pick<StoreShape, "stream" | "prefix" | "partitions" | "replicas">,
): StreamSettings {
  return {
    name: stream,
    subjects: [`${prefix}.>`],
    storage: "file",
    num_replicas: replicas,
    // Nothing is ever removed by age or number, and a full disk refuses new events instead of dropping old ones.
    retention: "limits",
    discard: "new",
    max_age: 0,
    max_bytes: -1,
    max_msg_size: -1,
    max_msgs_per_subject: -1,
    duplicate_window: DUPLICATE_WINDOW_MS * MS,
    // What is worth it is compressed by its writer, once for all readers.
    compression: "none",
    allow_atomic: false,
    allow_rollup_hdrs: true,
    // Reads are answered by any replica, without the leader.
    allow_direct: true,
    allow_msg_ttl: false,
    deny_purge: false,
    metadata: { [PARTITIONS_KEY]: String(partitions) },
  };
}

/** The leases: a KV bucket whose keys expire when they are not renewed. */
export function leaseStream({ stream, replicas, leaseMs }: StoreShape): StreamSettings {
  return {
    name: `KV_${leaseBucket(stream)}`,
    subjects: [`$KV.${leaseBucket(stream)}.>`],
    // Leases end with the server anyway; what protects the data is the fence in the checkpoint.
    storage: "memory",
    num_replicas: replicas,
    retention: "limits",
    discard: "new",
    // A lease that is not renewed is gone: the store's clock decides, never a node's.
    max_age: leaseMs * MS,
    max_bytes: -1,
    max_msg_size: -1,
    max_msgs_per_subject: 1,
    duplicate_window: Math.min(leaseMs, DUPLICATE_WINDOW_MS) * MS,
    compression: "none",
    allow_atomic: false,
    allow_rollup_hdrs: true,
    allow_direct: true,
    allow_msg_ttl: false,
    deny_purge: false,
    metadata: {},
  };
}

/** The events of producers that can't compute a partition, until a node moves them into the log. */
export function ingestStream(shape: StoreShape): StreamSettings {
  return {
    ...storeStream(shape),
    name: ingestName(shape.stream),
    // A permission binds the names of producers.
    subjects: [ingestSubject(shape.prefix), `${ingestSubject(shape.prefix)}.*`],
    // A stream that is full refuses the next message to its sender. The server sets these bytes aside when it makes the stream.
    max_bytes: shape.ingestBytes,
    // What is acknowledged here can be kept whole with the reason why it is rejected: a larger message is refused to its sender.
    max_msg_size: shape.maxPayload - rejectionRoom(shape.maxPayload),
    compression: "none",
    allow_atomic: false,
    allow_msg_ttl: false,
    metadata: {},
  };
}

/** What waits on the ingest subject of a new store at most: a quarter of a million events of the usual kilobyte. */
export const INGEST_BYTES = 256 * 1_048_576;

/** The bytes that a rejected message has more than the message itself: its headers. */
export function rejectionRoom(maxPayload: number): number {
  return Math.min(4_096, Math.floor(maxPayload / 2));
}

/** Plain JSON events, of any producer. */
export function ingestSubject(prefix: string): string {
  return `${prefix}.ingest`;
}

export function ingestName(stream: string): string {
  return `${stream}_ingest`;
}

export function leaseBucket(stream: string): string {
  return `${stream}_leases`;
}

/** One difference between wanted and existing configuration. */
interface Drift {
  readonly field: string;
  readonly wanted: unknown;
  readonly found: unknown;
}

/** Where a stream that exists differs from what is wanted of it. */
export interface StreamDrift {
  readonly stream: string;
  readonly drift: readonly Drift[];
}

/** Where an existing stream differs; what the server leaves out counts as false, zero or none. */
export function driftOf(wanted: StreamSettings, found: Partial<StreamConfig>): Drift[] {
  const fields = Object.keys(wanted).filter((field) => field !== "metadata") as (keyof StreamSettings)[];
  return fields
    .map((field) => ({ field, wanted: wanted[field], found: found[field] }))
    .filter(({ wanted, found }) => normal(wanted) !== normal(found));
}

function normal(value: unknown): string {
  return value === undefined || value === false || value === "none" ? "0" : JSON.stringify(value);
}

/** The differences as a diff to show, a line each. */
export function driftLines(drift: readonly Drift[]): string[] {
  return drift.flatMap(({ field, wanted, found }) => [
    `- ${field}: ${JSON.stringify(found ?? null)}`,
    `+ ${field}: ${JSON.stringify(wanted)}`,
  ]);
}

const encoder = new TextEncoder();

const PLAIN = /^[\w-]+$/;

/** Any text as one token of a subject: letters, digits, `_` and `-` as they are, other bytes as `=` and two hex digits. */
export function token(text: string): string {
  if (PLAIN.test(text)) return text;
  return [...encoder.encode(text)].map(tokenByte).join("");
}

function tokenByte(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[\w-]/.test(char) ? char : `=${byte.toString(16).padStart(2, "0")}`;
}

/** The text of a token; the token itself where it is none of ours. */
export function textOf(token: string): string {
  try {
    return decodeURIComponent(token.replaceAll("=", "%"));
  } catch {
    return token;
  }
}
