/** Many rows at once: COPY takes half the database's time of an insert. @module */
import type { Writable } from "node:stream";
import type { PostgresClient, Sql } from "./client.ts";

/** Below this number of rows the longer conversation of a COPY costs more than it saves. */
export const WORTH_COPYING = 50;

/** The rows could not be stored as they are: an id is there already, or a version. What to do is for a slower way to say. */
export class NotCopied extends Error {
  override name = "NotCopied";
}

/**
 * Copies rows (`copyText`) into the log. The transaction holds the locks of their partitions. Throws NotCopied.
 */
export async function copyRows(tx: Sql, text: string): Promise<void> {
  const stream = await tx`copy zaakstroom.events
    (partition, event_id, type, case_id, occurred_at, schema_version, metadata, data, version) from stdin`
    .writable();
  await sendAll(stream, text);
  // A row that is refused fails the transaction, and the client tells nobody: the next statement does.
  await tx`select`.catch((error: { code?: string }) => {
    throw error.code === "25P02" ? new NotCopied("A row is refused", { cause: error }) : error;
  });
}

/**
 * Store rows (`schema/stored_event.ts`) as `copyRows` takes them, each with the version of its case that it becomes. It is
 * made before any lock is taken. A backslash is doubled, as COPY wants it.
 */
export function copyText(rows: string, versions: ArrayLike<number>): string {
  const escaped = rows.includes("\\") ? rows.replaceAll("\\", "\\\\") : rows;
  return escaped.split("\n").map((row, i) => `${row}\t${versions[i]}\n`).join("");
}

/** Sends the text and its end. With nothing left to be written, `end` says so at once: the next statement may follow. */
function sendAll(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on("error", reject);
    stream.write(text, (error) => {
      if (error) return reject(error);
      stream.end();
      resolve();
    });
  });
}

/** A transaction on one connection of the pool. */
export function inTransaction<T>(client: PostgresClient, work: (tx: Sql) => Promise<T>): Promise<T> {
  return client.run(async (sql) => await sql.begin((tx) => work(tx as unknown as Sql)) as T);
}
