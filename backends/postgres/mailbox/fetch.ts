/** How mailboxes are read: several in one statement. @module */
import type { Buffer } from "node:buffer";
import type { Batch } from "../../mailbox/batch.ts";
import type { BatchLimits } from "../../mailbox/batch_size.ts";
import type { FetchResult, MailboxOwner } from "../../mailbox/mailbox_store.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";

/** Whose next batch is wanted. */
export interface FetchRequest {
  readonly owner: MailboxOwner;
  readonly limits: BatchLimits;
}

/** Requests as the columns of a statement. */
export function columnsOf(requests: readonly FetchRequest[]) {
  return {
    processors: arrayOf(requests.map(({ owner }) => owner.processor)),
    partitions: arrayOf(requests.map(({ owner }) => owner.partition)),
    epochs: arrayOf(requests.map(({ owner }) => owner.epoch)),
    types: arrayOf(requests.map(({ owner }) => owner.types.join(","))),
    sizes: arrayOf(requests.map(({ limits }) => limits.batchSize)),
    bytes: arrayOf(requests.map(({ limits }) => limits.batchBytes)),
  };
}

/** Read by hand: as text, the lines of batches would be most of what the supervisor's thread has to clean up. */
export function readFetchResult(
  [kindText, count, from, to, due, lines]: readonly (Buffer | null)[],
): FetchResult {
  const kind = `${kindText}` as Batch["kind"] | "empty" | "fenced";
  if (kind === "fenced") return { kind };
  const checkpoint = Number(from);
  const batch: Batch | undefined = kind === "empty"
    ? undefined
    : { kind, lines: detach(lines!), count: Number(count), from: checkpoint, to: Number(to) };
  return { kind: "fetched", batch, checkpoint, nextDueMs: due ? Number(due) : Infinity };
}

/** The bytes that the client gives out are a part of what came over the connection. Copied, unless they are most of it. */
export function detach(part: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = part;
  return length < buffer.byteLength / 2 ? new Uint8Array(part) : new Uint8Array(buffer, byteOffset, length);
}

/** Reads the next batch of each. Throws as the client does. */
export function fetchGroup(
  client: PostgresClient,
  requests: readonly FetchRequest[],
): Promise<FetchResult[]> {
  const { processors, partitions, epochs, types, sizes, bytes } = columnsOf(requests);
  return client.run(async (sql) => {
    const rows =
      await sql`select kind, count, read_from, read_to, next_due_ms, lines from zaakstroom.fetch_group(${processors}::text[], ${partitions}::smallint[],
        ${epochs}::bigint[], ${types}::text[], ${sizes}::int[], ${bytes}::int[])`.raw();
    return rows.map(readFetchResult);
  });
}
