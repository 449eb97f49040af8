/** How mailboxes are read: several in one statement. @module */
import type { Buffer } from "node:buffer";
import type { BatchLimits } from "../../mailbox/batch_size.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import { Coalescer } from "../../primitives/coalescer.ts";

/** Whose next batch is wanted. */
export interface FetchRequest {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  readonly types: readonly string[];
  readonly limits: BatchLimits;
}

/** What a mailbox has to give. */
export interface FetchResult {
  readonly kind: "fresh" | "redelivery" | "empty" | "fenced";
  readonly count: number;
  /** The checkpoint, and where it is once this is settled. */
  readonly read_from: number;
  readonly read_to: number;
  readonly lines: Uint8Array;
  /** Until the next parked delivery is due, in milliseconds. */
  readonly next_due_ms: number | null;
}

/** So many are read at once: a second one, so that the database has work while the first answer is taken apart. */
const AT_ONCE = 1;

/** Columns of a statement: what is wanted, by its parts. */
export function columnsOf(requests: readonly FetchRequest[]) {
  return {
    processors: arrayOf(requests.map(({ processor }) => processor)),
    partitions: arrayOf(requests.map(({ partition }) => partition)),
    epochs: arrayOf(requests.map(({ epoch }) => epoch)),
    types: arrayOf(requests.map(({ types }) => types.join(","))),
    sizes: arrayOf(requests.map(({ limits }) => limits.batchSize)),
    bytes: arrayOf(requests.map(({ limits }) => limits.batchBytes)),
  };
}

/** Read by hand: as text, the lines of batches would be most of what the supervisor's thread has to clean up. */
export function readFetchResult(
  [kind, count, from, to, due, lines]: readonly (Buffer | null)[],
): FetchResult {
  return {
    kind: `${kind}` as FetchResult["kind"],
    count: Number(count),
    read_from: Number(from),
    read_to: Number(to),
    lines: lines ? detach(lines) : new Uint8Array(),
    next_due_ms: due ? Number(due) : null,
  };
}

/** What the client gives out is a part of whatever came over the connection. Copied, unless it is most of that. */
function detach(part: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = part;
  return length < buffer.byteLength / 2 ? new Uint8Array(part) : new Uint8Array(buffer, byteOffset, length);
}

export type Fetch = (request: FetchRequest) => Promise<FetchResult>;

/** Reads next batches. Throws as the client does. */
export function createFetch(client: PostgresClient): Fetch {
  const coalescer = new Coalescer<FetchRequest, FetchResult>((requests) => {
    const { processors, partitions, epochs, types, sizes, bytes } = columnsOf(requests);
    return client.run(async (sql) => {
      const rows =
        await sql`select kind, count, read_from, read_to, next_due_ms, lines from zaakstroom.fetch_group(${processors}::text[], ${partitions}::smallint[],
        ${epochs}::bigint[], ${types}::text[], ${sizes}::int[], ${bytes}::int[])`.raw();
      return rows.map(readFetchResult);
    });
  }, AT_ONCE);
  return (request) => coalescer.submit(request);
}
