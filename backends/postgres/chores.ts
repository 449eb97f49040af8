/** What a node does beside the mailboxes: fires timers, empties the outbox, keeps the read model near. @module */
import type postgres from "postgres";
import { InvalidEvent } from "../../schema/codec.ts";
import type { WireEvent } from "../../schema/events.ts";
import { readInput } from "../../schema/input.ts";
import { BackendAway, BackendRefused, EventIdConflict } from "../backend.ts";
import { patience, pause } from "../patience.ts";
import type { PostgresClient, Sql } from "./client.ts";
import { codeOf, detailOf } from "./errors.ts";
import { projectOnce } from "./reading.ts";
import type { Wakes } from "./wakes.ts";
import { partitionsAndRows } from "./rows.ts";

const AT_ONCE = 500;

interface ChoreOptions {
  client: PostgresClient;
  wakes: Wakes;
  partitions: number;
  /** Between two rounds, in milliseconds: how late a timer or an outbox event may be. */
  everyMs: number;
  /** The time timers are measured against; undefined: the clock of the store. */
  timersAsOf: (() => Date) | undefined;
}

/** The read model may take one part in so many of the time, so that it never competes with the mailboxes. */
const PROJECTION_SHARE = 20;

/** Runs the chores until the signal aborts. Several nodes may do so at once. */
export async function doChores(options: ChoreOptions, signal: AbortSignal): Promise<void> {
  await Promise.all([
    repeat(signal, async () => {
      const { fired, letters } = await fireTimers(options);
      return fired + (letters ? await emptyOutbox(options) : 0) > 0 ? 0 : options.everyMs;
    }),
    repeat(signal, async () => {
      const began = performance.now();
      const projected = await projectOnce(options.client);
      const took = performance.now() - began;
      return projected > 0 ? took * PROJECTION_SHARE : 8 * options.everyMs + took * PROJECTION_SHARE;
    }),
  ]);
}

/**
 * Does a chore again and again, waiting as long as it says; while the database is away, or refuses (its disk is full),
 * it is tried at leisure.
 */
export async function repeat(signal: AbortSignal, chore: () => Promise<number>): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let wait: number;
    try {
      wait = await chore();
      failures = 0;
    } catch (error) {
      if (!(error instanceof BackendAway || error instanceof BackendRefused)) throw error;
      wait = patience(failures++);
    }
    await pause(wait, signal);
  }
}

/**
 * Appends the events of due timers; returns how many partitions were touched, and whether the outbox holds anything. One
 * question for both: it is asked several times a second, mostly in vain.
 */
async function fireTimers(
  { client, wakes, timersAsOf }: ChoreOptions,
): Promise<{ fired: number; letters: boolean }> {
  const asOf = timersAsOf?.().toISOString() ?? null;
  const [row] = await client.run((sql) =>
    sql<[{ partitions: string; letters: boolean }]>`
      select array_to_string(zaakstroom.fire_timers(${asOf}::text::timestamptz, ${AT_ONCE}), ',') as partitions,
        exists (select from zaakstroom.outbox where refused_for is null) as letters`
  );
  const partitions = row.partitions === "" ? [] : row.partitions.split(",").map(Number);
  if (partitions.length > 0) wakes.announce(partitions, ["*"], true);
  return { fired: partitions.length, letters: row.letters };
}

/**
 * Moves events from the outbox into the log, in the order of their ids: deleted there and appended here in one
 * transaction. What is no valid event stays behind with the reason.
 */
async function emptyOutbox({ client, wakes, partitions }: ChoreOptions): Promise<number> {
  const touched = await client.run((sql) =>
    sql.begin(async (begun) => {
      const tx = begun as unknown as Sql;
      const rows = await tx<{ id: number; event: string }[]>`
        select id, event::text as event from zaakstroom.outbox where refused_for is null
        order by id limit ${AT_ONCE} for update skip locked`;
      if (rows.length === 0) return undefined;
      return await move(tx, rows, partitions);
    })
  );
  if (touched === undefined) return 0;
  wakes.announce(touched, ["*"], true);
  return touched.length;
}

/** An outbox row that holds a valid event. */
interface Letter {
  readonly id: number;
  readonly event: WireEvent;
}

async function move(
  tx: Sql,
  rows: readonly { id: number; event: string }[],
  partitions: number,
): Promise<number[]> {
  const letters: Letter[] = [];
  for (const { id, event } of rows) {
    try {
      letters.push({ id, event: readInput(JSON.parse(event)) });
    } catch (error) {
      await refuse(tx, [id], error instanceof InvalidEvent ? error.message : "Not a JSON object");
    }
  }
  return await appendLetters(tx, letters, partitions);
}

/** Appends what can be appended. An id that is stored with other content stays behind: it must not hold up the rest. */
async function appendLetters(tx: Sql, letters: Letter[], partitions: number): Promise<number[]> {
  while (letters.length > 0) {
    try {
      return await (tx as unknown as postgres.TransactionSql).savepoint((inner) =>
        appendAll(inner as unknown as Sql, letters, partitions)
      );
    } catch (error) {
      if (codeOf(error) !== "ZS002") throw error;
      const clashes = ({ event }: Letter) => event.event_id === detailOf(error);
      await refuse(
        tx,
        letters.filter(clashes).map(({ id }) => id),
        new EventIdConflict(detailOf(error)).message,
      );
      letters = letters.filter((letter) => !clashes(letter));
    }
  }
  return [];
}

async function appendAll(tx: Sql, letters: readonly Letter[], partitions: number): Promise<number[]> {
  const { touched, rows } = partitionsAndRows(letters.map(({ event }) => event), partitions);
  const ids = letters.map(({ id }) => id);
  await tx`delete from zaakstroom.outbox where id = any (${`{${ids.join(",")}}`}::bigint[])`;
  await tx`select zaakstroom.append(${`{${touched.join(",")}}`}::smallint[], ${rows}, ${letters.length})`;
  return touched;
}

async function refuse(tx: Sql, ids: readonly number[], reason: string): Promise<void> {
  await tx`update zaakstroom.outbox set refused_for = ${reason} where id = any (${`{${
    ids.join(",")
  }}`}::bigint[])`;
}
