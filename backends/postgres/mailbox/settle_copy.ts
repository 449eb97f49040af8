/** Many rows at once: COPY takes half the database's time of an insert. @module */
import { Buffer } from "node:buffer";
import type { Writable } from "node:stream";
import { eventTypes, isEventType } from "../../../schema/events.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";
import type { SettleStatus } from "../../mailbox/mailbox_store.ts";
import { parametersOf, type SettleReply, type SettleRequest } from "./settle_one.ts";

/** Below this number of rows the longer conversation of a COPY costs more than it saves. */
export const MIN_COPY_ROWS = 50;

/** The rows could not be stored as they are: an id is there already, or a version. An insert must decide. */
export class CopyRefused extends Error {
  override name = "CopyRefused";
}

/** Settles with the outputs as a COPY. Throws CopyRefused, after which nothing was settled. */
export function settleByCopy(client: PostgresClient, request: SettleRequest): Promise<SettleReply> {
  const { owner: { processor, partition, epoch }, batch, settlement } = request;
  const { redelivered, failures, timers } = parametersOf(request);
  const { names, versions } = kindsOf(settlement.outputTypes);
  const rows = copyBytes(settlement.outputs);
  return inTransaction(client, async (tx) => {
    const [row] = await tx<[{ verdict: SettleStatus }]>`
        select zaakstroom.begin_settle(${processor}, ${partition}::smallint, ${epoch}::bigint, ${batch.from}::bigint,
          ${batch.to}::bigint, ${redelivered}::text::json, ${failures}::text::json, ${timers}::text::json,
          ${names}::text[], ${versions}::smallint[]) as verdict`;
    if (row.verdict === "settled") await copyRows(tx, rows, () => tx`select`);
    return row;
  });
}

/** The kinds of outputs, as arrays of a statement. */
export function kindsOf(outputTypes: Readonly<Record<string, number>>) {
  const types = Object.keys(outputTypes).filter(isEventType);
  return { names: `{${types}}`, versions: `{${types.map((type) => eventTypes[type].version)}}` };
}

/**
 * Copies rows (`copyBytes`) into the log, and runs the statement that comes next. The transaction holds the locks of their
 * partitions. Throws CopyRefused.
 */
export async function copyRows(tx: Sql, rows: Buffer, next: () => PromiseLike<unknown>): Promise<void> {
  const stream = await tx`copy zaakstroom.events
    (version, partition, event_id, type, case_id, occurred_at, schema_version, metadata, data) from stdin`
    .writable();
  await sendAll(stream, rows);
  // A row that is refused fails the transaction, and the client reports nothing: the next statement does.
  await Promise.resolve(next()).catch((error: { code?: string }) => {
    throw error.code === "25P02" ? new CopyRefused("A row is refused", { cause: error }) : error;
  });
}

/**
 * Output lines (`schema/delivery_line.ts`) as `copyRows` takes them. They are made before any lock is taken. A backslash is
 * doubled, as COPY requires; few outputs have one.
 */
export function copyBytes(outputs: Uint8Array): Buffer {
  const bytes = Buffer.from(outputs.buffer, outputs.byteOffset, outputs.length);
  return outputs.includes(BACKSLASH) ? Buffer.from(bytes.toString().replaceAll("\\", "\\\\")) : bytes;
}

const BACKSLASH = 0x5c;

/** Sends the rows and their end. With nothing left to be written, `end` is sent at once: the next statement may follow. */
function sendAll(stream: Writable, rows: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on("error", reject);
    stream.write(rows, (error) => {
      if (error) return reject(error);
      stream.end();
      resolve();
    });
  });
}

/** A transaction on one connection of the pool. */
export function inTransaction<T>(
  client: Pick<PostgresClient, "run">,
  work: (tx: Sql) => Promise<T>,
): Promise<T> {
  return client.run(async (sql) => await sql.begin((tx) => work(tx as unknown as Sql)) as T);
}
