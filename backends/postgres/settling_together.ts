/** How small batches are settled: several mailboxes in one transaction. @module */
import { BackendAway } from "../backend.ts";
import { arrayOf } from "./array_literal.ts";
import type { PostgresClient } from "./client.ts";
import { Gathering } from "./gathering.ts";
import { columnsOf, type Pulled, readPulled } from "./puller.ts";
import { outputsOf, settleByStatement, type Settled, type Settling } from "./settle_statement.ts";
import type { Sleeper, Wakes } from "./wakes.ts";

export type SettleTogether = (settling: Settling) => Promise<Settled>;

/** So many transactions at once: one more than the disk is busy with. */
const AT_ONCE = 1;

/**
 * Settles fresh batches without exceptions, and hands what they made to the mailboxes of this process that wait for it.
 * Throws BackendAway, after which settling again is safe.
 */
export function settlingTogether(client: PostgresClient, wakes: Wakes): SettleTogether {
  const gathering = new Gathering<Settling, Settled>(async (settlings) => {
    const takers = takersOf(settlings, wakes);
    if (settlings.length + takers.size > 1) {
      const told = [...takers.keys()];
      if (await settleAndHand(client, settlings, takers)) {
        return settlings.map(() => ({ verdict: "settled", told }));
      }
    }
    const apart = settlings.map((settling) => settleByStatement(client, settling));
    await Promise.allSettled(apart);
    return apart;
  }, AT_ONCE);
  return (settling) => gathering.ask(settling);
}

/** Who waits for outputs of these, each with the place that it took for them. */
type Takers = ReadonlyMap<Sleeper, () => void>;

function takersOf(settlings: readonly Settling[], wakes: Wakes): Takers {
  const asleep = settlings.flatMap(({ owner, settlement }) =>
    wakes.asleep(owner.partition, Object.keys(settlement.outputTypes))
  );
  const takers = new Map<Sleeper, () => void>();
  for (const sleeper of new Set(asleep)) {
    const leave = sleeper.reserve();
    if (leave !== undefined) takers.set(sleeper, leave);
  }
  return takers;
}

/** Whether all are settled, and the takers have what there is for them; or nothing was done, and they no place. */
async function settleAndHand(client: PostgresClient, settlings: readonly Settling[], takers: Takers) {
  let pulled: Pulled[] | undefined;
  try {
    pulled = await together(client, settlings, [...takers.keys()]);
  } finally {
    if (pulled === undefined) { for (const leave of takers.values()) leave(); }
  }
  [...takers].forEach(([taker, leave], i) => pulled && taker.hand(pulled[i]!, leave));
  return pulled !== undefined;
}

/**
 * What the takers have then, when all are settled. Undefined when none is: one of them was settled before, was lost, or
 * can't be stored.
 */
async function together(
  client: PostgresClient,
  settlings: readonly Settling[],
  takers: readonly Sleeper[],
): Promise<Pulled[] | undefined> {
  try {
    return takers.length === 0
      ? await settle(client, settlings)
      : await settleAndPull(client, settlings, takers);
  } catch (error) {
    // What is refused was not stored: each then answers for itself. After an unknown outcome all must ask again.
    if (error instanceof BackendAway) throw error;
    return undefined;
  }
}

async function settle(client: PostgresClient, settlings: readonly Settling[]): Promise<[] | undefined> {
  const { processors, partitions, epochs, froms, tos, outputs, timers } = columnsOfSettlings(settlings);
  const [row] = await client.run((sql) =>
    sql<
      [{ settled: boolean }]
    >`select zaakstroom.settle_group(${processors}::text[], ${partitions}::smallint[],
      ${epochs}::bigint[], ${froms}::bigint[], ${tos}::bigint[], ${outputs}::text, ${timers}::text::json) as settled`
  );
  return row.settled ? [] : undefined;
}

async function settleAndPull(
  client: PostgresClient,
  settlings: readonly Settling[],
  takers: readonly Sleeper[],
): Promise<Pulled[] | undefined> {
  const { processors, partitions, epochs, froms, tos, outputs, timers } = columnsOfSettlings(settlings);
  const pull = columnsOf(takers);
  const rows = await client.run((sql) =>
    sql`select kind, count, read_from, read_to, next_due_ms, lines
      from zaakstroom.settle_and_fetch(${processors}::text[], ${partitions}::smallint[], ${epochs}::bigint[],
        ${froms}::bigint[], ${tos}::bigint[], ${outputs}::text, ${timers}::text::json,
        ${pull.processors}::text[], ${pull.partitions}::smallint[], ${pull.epochs}::bigint[], ${pull.types}::text[],
        ${pull.sizes}::int[], ${pull.bytes}::int[])`.raw()
  );
  return rows.length === 0 ? undefined : rows.map(readPulled);
}

function columnsOfSettlings(settlings: readonly Settling[]) {
  const column = (of: (settling: Settling) => string | number) => arrayOf(settlings.map(of));
  const timers = settlings.flatMap(({ settlement }) => settlement.timers);
  return {
    processors: column(({ owner }) => owner.processor),
    partitions: column(({ owner }) => owner.partition),
    epochs: column(({ owner }) => owner.epoch),
    froms: column(({ batch }) => batch.from),
    tos: column(({ batch }) => batch.to),
    outputs: outputsOf(settlings),
    timers: timers.length === 0 ? null : JSON.stringify(timers),
  };
}
