/**
 * What a person would write by hand on PostgreSQL, to compare with: a loop with the guarantees of a mailbox and no workers, and
 * raw inserts of the same rows. They use the same client, table and indexes; what they make is what this machine can do.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type postgres from "postgres";
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox, Settlement } from "../../backends/mailbox/mailbox.ts";
import { linesOf } from "../../backends/mailbox/batch.ts";
import { partitionsAndRows } from "../../backends/postgres/log/append.ts";
import type { WireEvent } from "../../schema/events.ts";
import { encodeLines } from "../../schema/delivery_line.ts";
import { forEach } from "./bench.ts";

const INTAKE = { name: "intake", version: 1, takes: ["case.intake"] };

/**
 * Settles so many intakes, one output each, on the thread it reads with: nothing is checked or decided, and the output is
 * the input's data. Leases, fences, checkpoints and the SQL are those of the mailboxes. Returns deliveries a second.
 */
export async function loopByHand(backend: Backend, deliveries: number): Promise<number> {
  const ended = new AbortController();
  let [settled, began] = [0, 0];
  const work = async (mailbox: Mailbox) => {
    for await (const batch of mailbox.batches(ended.signal)) {
      began ||= performance.now();
      await mailbox.settle(batch, settlementOf(linesOf(batch), mailbox.partition));
      settled += batch.count;
      if (settled >= deliveries) ended.abort();
    }
    await mailbox.close();
  };
  const working: Promise<void>[] = [];
  for await (const mailbox of backend.mailboxes(INTAKE, ended.signal)) working.push(work(mailbox));
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(working);
  return settled / seconds;
}

function settlementOf(lines: readonly string[], partition: number): Settlement {
  const outputs = encodeLines(lines.map((line) => outputOf(line, partition)));
  return { outputs, outputTypes: { "case.analysis": lines.length }, failures: [], timers: [] };
}

/** The next event of the case of an input, under an id that is derived from the input's. */
function outputOf(line: string, partition: number): string {
  const [position, version, , , , eventId, , caseId, at, data, metadata] = line.split("\t");
  const id = createHash("sha256").update(`${eventId} loop`).digest("hex").slice(0, 32);
  const output = JSON.stringify({ ...JSON.parse(data!), position: Number(position) });
  const timestamp = new Date(Number(at)).toISOString();
  return `${
    Number(version) + 1
  }\t${partition}\t${id}\tcase.analysis\t${caseId}\t${timestamp}\t1\t${metadata}\t${output}`;
}

/** Inserts events as rows, several batches at a time, and returns how many a second. */
type Insert = (sql: postgres.Sql, rows: string) => Promise<unknown>;

/** One statement for a batch, its rows as one parameter: fields taken apart by the server. */
const byStatement: Insert = (sql, rows) =>
  sql`insert into raw_events (partition, event_id, type, case_id, occurred_at, schema_version, metadata, data, version,
      recorded_at)
    select f[1]::smallint, f[2]::uuid, f[3], f[4], f[5]::timestamptz, f[6]::smallint, f[7]::json, f[8]::json, 1, now()
    from unnest(string_to_array(${rows}, e'\n')) as r (line), string_to_array(r.line, e'\t') as f`;

/** One COPY for a batch. The client says too early that it has ended; its transaction does not. */
const byCopy: Insert = (sql, rows) =>
  sql.begin(async (tx) => {
    const stream = await tx`copy raw_events
      (partition, event_id, type, case_id, occurred_at, schema_version, metadata, data) from stdin`
      .writable();
    await new Promise<void>((resolve, reject) => {
      stream.on("error", reject).on("finish", resolve);
      stream.end(Buffer.from(rows.replaceAll("\\", "\\\\")));
    });
  });

export const rawInserts = { byStatement, byCopy };

/** Rows inserted a second into a table with the columns and indexes of the store, which promises nothing else. */
export async function rawRate(
  sql: postgres.Sql,
  insert: Insert,
  batches: readonly WireEvent[][],
  partitions: number,
): Promise<number> {
  await sql`create table raw_events (like zaakstroom.events including all)`;
  await sql`alter table raw_events alter version set default 1, alter recorded_at set default now()`;
  const began = performance.now();
  await forEach(batches, 4, (events) => insert(sql, partitionsAndRows(events, partitions).rows));
  return batches.flat().length / (performance.now() - began) * 1000;
}
