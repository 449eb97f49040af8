/** The background jobs of a node: firing timers, emptying the outbox, and the read model. @module */
import type postgres from "postgres";
import { InvalidEvent } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { readInput } from "../../../schema/input.ts";
import { EventIdConflict } from "../../errors.ts";
import { repeat } from "../../primitives/repeat.ts";
import type { PostgresClient, Sql } from "../connection/client.ts";
import { codeOf, detailOf } from "../connection/errors.ts";
import { projectOnce } from "./case_projection.ts";
import type { Notifier } from "../mailbox/notifier.ts";
import { partitionsAndRows } from "../log/append.ts";

const OUTBOX_BATCH = 500;

interface MaintenanceContext {
  client: PostgresClient;
  notifier: Notifier;
  partitions: number;
  /** How late a timer or an outbox event may be. */
  everyMs: number;
  /** The clock timers are measured against; undefined: the clock of the store. */
  timersAsOf: (() => Date) | undefined;
}

/** After each run the projection rests for this many times its duration, so that it never competes with the mailboxes. */
const PROJECTION_REST = 20;

/** Runs the jobs until the signal aborts. Several nodes may do so at once. */
export async function runMaintenance(options: MaintenanceContext, signal: AbortSignal): Promise<void> {
  await Promise.all([
    repeat(async () => {
      const { fired, hasOutbox } = await fireTimers(options);
      return fired + (hasOutbox ? await emptyOutbox(options) : 0) > 0 ? 0 : options.everyMs;
    }, signal),
    repeat(async () => {
      const began = performance.now();
      const projected = await projectOnce(options.client);
      const took = performance.now() - began;
      return projected > 0 ? took * PROJECTION_REST : 8 * options.everyMs + took * PROJECTION_REST;
    }, signal),
  ]);
}

/**
 * Appends the events of due timers; returns how many partitions were touched, and whether the outbox holds anything. One
 * statement for both: it runs several times a second, mostly in vain.
 */
async function fireTimers(
  { client, notifier, timersAsOf }: MaintenanceContext,
): Promise<{ fired: number; hasOutbox: boolean }> {
  const asOf = timersAsOf?.().toISOString() ?? null;
  const [row] = await client.run((sql) =>
    sql<[{ partitions: string; hasOutbox: boolean }]>`
      select array_to_string(zaakstroom.fire_timers(${asOf}::text::timestamptz, ${OUTBOX_BATCH}), ',') as partitions,
        exists (select from zaakstroom.outbox where refused_for is null) as "hasOutbox"`
  );
  const partitions = row.partitions === "" ? [] : row.partitions.split(",").map(Number);
  if (partitions.length > 0) notifier.notify(partitions, ["*"], true);
  return { fired: partitions.length, hasOutbox: row.hasOutbox };
}

/**
 * Moves events from the outbox into the log, in the order of their ids: deleted there and appended here in one
 * transaction. A row without a valid event stays behind with the reason.
 */
async function emptyOutbox({ client, notifier, partitions }: MaintenanceContext): Promise<number> {
  const touched = await client.run((sql) =>
    sql.begin(async (begun) => {
      const tx = begun as unknown as Sql;
      const rows = await tx<{ id: number; event: string }[]>`
        select id, event::text as event from zaakstroom.outbox where refused_for is null
        order by id limit ${OUTBOX_BATCH} for update skip locked`;
      if (rows.length === 0) return undefined;
      return await moveToLog(tx, rows, partitions);
    })
  );
  if (touched === undefined) return 0;
  notifier.notify(touched, ["*"], true);
  return touched.length;
}

/** An outbox row that holds a valid event. */
interface OutboxEvent {
  readonly id: number;
  readonly event: WireEvent;
}

async function moveToLog(
  tx: Sql,
  rows: readonly { id: number; event: string }[],
  partitions: number,
): Promise<number[]> {
  const events: OutboxEvent[] = [];
  for (const { id, event } of rows) {
    try {
      events.push({ id, event: readInput(JSON.parse(event)) });
    } catch (error) {
      await reject(tx, [id], error instanceof InvalidEvent ? error.message : "Not a JSON object");
    }
  }
  return await appendEvents(tx, events, partitions);
}

/** Appends the events. One whose id is stored with other content stays behind with the reason, so it blocks no other. */
async function appendEvents(tx: Sql, events: OutboxEvent[], partitions: number): Promise<number[]> {
  while (events.length > 0) {
    try {
      return await (tx as unknown as postgres.TransactionSql).savepoint((inner) =>
        appendAll(inner as unknown as Sql, events, partitions)
      );
    } catch (error) {
      if (codeOf(error) !== "ZS002") throw error;
      const clashes = ({ event }: OutboxEvent) => event.event_id === detailOf(error);
      await reject(
        tx,
        events.filter(clashes).map(({ id }) => id),
        new EventIdConflict(detailOf(error)).message,
      );
      events = events.filter((outboxEvent) => !clashes(outboxEvent));
    }
  }
  return [];
}

async function appendAll(tx: Sql, events: readonly OutboxEvent[], partitions: number): Promise<number[]> {
  const { touched, rows } = partitionsAndRows(events.map(({ event }) => event), partitions);
  const ids = events.map(({ id }) => id);
  await tx`delete from zaakstroom.outbox where id = any (${`{${ids.join(",")}}`}::bigint[])`;
  await tx`select zaakstroom.append(${`{${touched.join(",")}}`}::smallint[], ${rows}, ${events.length})`;
  return touched;
}

async function reject(tx: Sql, ids: readonly number[], reason: string): Promise<void> {
  await tx`update zaakstroom.outbox set refused_for = ${reason} where id = any (${`{${
    ids.join(",")
  }}`}::bigint[])`;
}
