/** Whether a restored store is whole: what the log promises, counted anew from its rows. @module */
import { BackupError } from "../../backup/errors.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";

/** What a restored store holds. */
export interface LedgerCheck {
  readonly events: number;
  readonly cases: number;
  readonly last_position: number;
  readonly mailboxes: number;
}

interface Counts extends LedgerCheck {
  readonly gaps: number;
  readonly repeated: number;
  readonly ahead: number;
}

/** Reads the rows, and no index: an index that is damaged must not vouch for them. */
const ROWS_ONLY = "set local enable_indexscan = off; set local enable_indexonlyscan = off; " +
  "set local enable_bitmapscan = off; set local statement_timeout = 0;";

/**
 * Checks that the versions of each case have no gap, that no event is there twice (an output has an id that follows from its
 * input), and that no mailbox is settled beyond the log. Undefined for a server without a store. Throws BackupError otherwise.
 */
export async function checkLedger(client: PostgresClient): Promise<LedgerCheck | undefined> {
  const counts = await client.run((sql) => sql.begin((tx) => count(tx as unknown as Sql))) as
    | Counts
    | undefined;
  if (counts === undefined) return undefined;
  const { gaps, repeated, ahead, ...check } = counts;
  const faults = [
    [gaps, "cases have gaps in their versions"],
    [repeated, "events are there twice"],
    [ahead, "mailboxes are settled beyond the log"],
  ].filter(([number]) => number !== 0).map(([number, what]) => `${number} ${what}`);
  if (faults.length === 0) return check;
  throw new BackupError("damaged", `The restored store is not whole: ${faults.join(", ")}`);
}

async function count(tx: Sql): Promise<Counts | undefined> {
  const [found] = await tx`select to_regclass('zaakstroom.events') is not null as known`;
  if (!found!.known) return undefined;
  await tx.unsafe(ROWS_ONLY);
  const [counts] = await tx<[Counts]>`
    with cases as (
      select count(*) as events, min(version) as first, max(version) as last, max(position) as position
      from zaakstroom.events group by case_id
    ), log as (
      select coalesce(sum(events), 0)::bigint as events, count(*) as cases,
        coalesce(max(position), 0)::bigint as last_position,
        count(*) filter (where first <> 1 or last <> events) as gaps from cases
    )
    select log.*,
      log.events - (select count(distinct event_id) from zaakstroom.events) as repeated,
      (select count(*) from zaakstroom.subscriptions) as mailboxes,
      (select count(*) from zaakstroom.subscriptions where checkpoint > log.last_position) as ahead
    from log`;
  return counts;
}
