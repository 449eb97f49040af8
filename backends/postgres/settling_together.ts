/** How small batches are settled: several mailboxes in one transaction. @module */
import { BackendAway } from "../backend.ts";
import { arrayOf } from "./array_literal.ts";
import type { PostgresClient } from "./client.ts";
import { Gathering } from "./gathering.ts";
import { outputsOf, settleByStatement, type Settling, type Verdict } from "./settle_statement.ts";

export type SettleTogether = (settling: Settling) => Promise<Verdict>;

/** So many transactions at once: one more than the disk is busy with. */
const AT_ONCE = 1;

/** Settles fresh batches without exceptions. Throws BackendAway, after which settling again is safe. */
export function settlingTogether(client: PostgresClient): SettleTogether {
  const gathering = new Gathering<Settling, Verdict>(async (settlings) => {
    if (settlings.length > 1 && await together(client, settlings)) return settlings.map(() => "settled");
    const apart = settlings.map((settling) => settleByStatement(client, settling));
    await Promise.allSettled(apart);
    return apart;
  }, AT_ONCE);
  return (settling) => gathering.ask(settling);
}

/** True when all are settled. False when none is: one of them was settled before, was lost, or can't be stored. */
async function together(client: PostgresClient, settlings: readonly Settling[]): Promise<boolean> {
  const column = (of: (settling: Settling) => string | number) => arrayOf(settlings.map(of));
  const timers = settlings.flatMap(({ settlement }) => settlement.timers);
  try {
    const [row] = await client.run((sql) =>
      sql<[{ settled: boolean }]>`select zaakstroom.settle_together(
        ${column(({ owner }) => owner.processor)}::text[], ${
        column(({ owner }) => owner.partition)
      }::smallint[],
        ${column(({ owner }) => owner.epoch)}::bigint[], ${column(({ batch }) => batch.from)}::bigint[],
        ${column(({ batch }) => batch.to)}::bigint[], ${outputsOf(settlings)}::text,
        ${timers.length === 0 ? null : JSON.stringify(timers)}::text::json) as settled`
    );
    return row.settled;
  } catch (error) {
    // What is refused was not stored: each then answers for itself. After an unknown outcome all must ask again.
    if (error instanceof BackendAway) throw error;
    return false;
  }
}
