/** What a restored store knows of its restoration. @module */
import { BackupError } from "../../backup/errors.ts";
import type { RestorePlan, Target } from "../../backup/restore_plan.ts";
import { requireWholeChain } from "../../chain/verify.ts";
import { PostgresHashChain } from "../operations/hash_chain.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Commit } from "./log_records.ts";

/** What a cut at a position came to: transactions of several partitions end in an order of their own. */
export interface PositionCut {
  readonly position: number;
  /** Events behind the position that had been stored when the last one up to it was, or came in its transaction. */
  readonly beyond: number;
}

/** So many positions before another may still be stored after it: those of transactions that are under way. */
const UNDER_WAY = 10_000;

/** The transactions that stored a position and those just before it. Throws BackupError where there is no such position. */
export async function writersOf(client: PostgresClient, position: number): Promise<Set<number>> {
  const rows = await client.run((sql) =>
    sql<{ xid: number; last: number }[]>`
      select xmin::text::bigint as xid, max(position)::bigint as last from zaakstroom.events
      where position <= ${position} and position > ${position - UNDER_WAY} group by 1`
  );
  const last = Math.max(...rows.map((row) => row.last));
  if (last === position) return new Set(rows.map(({ xid }) => xid));
  const before = Number.isFinite(last) ? `the nearest before it is ${last}` : "there is none just before it";
  throw new BackupError("unreachable", `No event has position ${position}: ${before}`);
}

/** Of the transactions that are named by a part of theirs, the one that ended last. Throws BackupError where none did. */
export async function lastCommitOf(
  writers: ReadonlySet<number>,
  commits: AsyncIterable<Commit>,
): Promise<string> {
  let last: number | undefined;
  for await (const { xid, parts } of commits) {
    if (writers.has(xid) || parts.some((part) => writers.has(part))) last = xid;
  }
  if (last !== undefined) return String(last);
  throw new BackupError(
    "unreachable",
    "The position was stored before the backup was whole: name a later one",
  );
}

/** How many events lie behind the position all the same. */
export async function readCut(client: PostgresClient, position: number): Promise<PositionCut> {
  const [row] = await client.run((sql) =>
    sql`select count(*)::bigint as beyond from zaakstroom.events where position > ${position}`
  );
  return { position, beyond: row!.beyond };
}

/**
 * Marks a store as restored: whatever sends events elsewhere finds the mark and waits. Leases need no change: they ran out, as
 * those of nodes that died. Answers the server's new timeline.
 */
export async function markRestored(
  client: PostgresClient,
  { base, range, target, hasStore }: RestorePlan & { readonly target: Target; readonly hasStore: boolean },
): Promise<number> {
  const [now] = await client.run((sql) => sql`select timeline_id as timeline from pg_control_checkpoint()`);
  const { timeline } = now! as { timeline: number };
  if (!hasStore) return timeline;
  const moment = target.at ?? (target.position === undefined ? range.to : await lastStored(client));
  const restored = JSON.stringify({ backup: base.id, moment, timeline });
  await client.run((sql) =>
    sql`update zaakstroom.store set restored = ${restored}::text::json, restored_at = clock_timestamp()`
  );
  return timeline;
}

/** When the last event was stored. */
async function lastStored(client: PostgresClient): Promise<string> {
  const [row] = await client.run((sql) =>
    sql<[{ at: string }]>`
      select to_char(max(recorded_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from zaakstroom.events`
  );
  return row.at;
}

/** Looks the chain of hashes through, where the store has closed blocks of it. Throws BackupError at a break. */
export async function checkChain(client: PostgresClient): Promise<void> {
  const [store] = await client.run((sql) =>
    sql<[{ partitions: number }]>`select partitions::int as partitions from zaakstroom.store`
  );
  await requireWholeChain(new PostgresHashChain(client, store.partitions), store.partitions);
}
