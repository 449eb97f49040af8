/** How small batches are settled: several mailboxes in one transaction. @module */
import { BackendUnavailable } from "../../backend.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import { Coalescer } from "../../primitives/coalescer.ts";
import { columnsOf, type FetchResult, readFetchResult } from "./fetch.ts";
import { outputsOf, settleOne, type SettleReply, type SettleRequest } from "./settle_one.ts";
import type { IdleMailbox, Notifier } from "./notifier.ts";

export type SettleGroup = (settling: SettleRequest) => Promise<SettleReply>;

/** So many transactions at once: one more than the disk is busy with. */
const CONCURRENT_COMMITS = 1;

/**
 * Settles fresh batches without exceptions, and hands what they made to the mailboxes of this process that wait for it.
 * Throws BackendAway, after which settling again is safe.
 */
export function createSettleGroup(client: PostgresClient, wakes: Notifier): SettleGroup {
  const coalescer = new Coalescer<SettleRequest, SettleReply>(async (settlings) => {
    const recipients = reserveRecipients(settlings, wakes);
    if (settlings.length + recipients.size > 1) {
      const notified = [...recipients.keys()];
      if (await settleAndDeliver(client, settlings, recipients)) {
        return settlings.map(() => ({ verdict: "settled", alreadyNotified: notified }));
      }
    }
    const apart = settlings.map((settling) => settleOne(client, settling));
    await Promise.allSettled(apart);
    return apart;
  }, CONCURRENT_COMMITS);
  return (settling) => coalescer.submit(settling);
}

/** Who waits for outputs of these, each with the place that it took for them. */
type Recipients = ReadonlyMap<IdleMailbox, () => void>;

function reserveRecipients(settlings: readonly SettleRequest[], wakes: Notifier): Recipients {
  const idle = settlings.flatMap(({ owner, settlement }) =>
    wakes.idleMailboxes(owner.partition, Object.keys(settlement.outputTypes))
  );
  const recipients = new Map<IdleMailbox, () => void>();
  for (const mailbox of new Set(idle)) {
    const release = mailbox.tryReserve();
    if (release !== undefined) recipients.set(mailbox, release);
  }
  return recipients;
}

/** Whether all are settled, and the takers have what there is for them; or nothing was done, and they no place. */
async function settleAndDeliver(
  client: PostgresClient,
  settlings: readonly SettleRequest[],
  recipients: Recipients,
) {
  let results: FetchResult[] | undefined;
  try {
    results = await settleTogether(client, settlings, [...recipients.keys()]);
  } finally {
    if (results === undefined) { for (const release of recipients.values()) release(); }
  }
  [...recipients].forEach(([recipient, release], i) => results && recipient.deliver(results[i]!, release));
  return results !== undefined;
}

/**
 * What the takers have then, when all are settled. Undefined when none is: one of them was settled before, was lost, or
 * can't be stored.
 */
async function settleTogether(
  client: PostgresClient,
  settlings: readonly SettleRequest[],
  recipients: readonly IdleMailbox[],
): Promise<FetchResult[] | undefined> {
  try {
    return recipients.length === 0
      ? await settle(client, settlings)
      : await settleAndFetch(client, settlings, recipients);
  } catch (error) {
    // What is refused was not stored: each then answers for itself. After an unknown outcome all must ask again.
    if (error instanceof BackendUnavailable) throw error;
    return undefined;
  }
}

async function settle(client: PostgresClient, settlings: readonly SettleRequest[]): Promise<[] | undefined> {
  const { processors, partitions, epochs, froms, tos, outputs, timers } = columnsOfSettlings(settlings);
  const [row] = await client.run((sql) =>
    sql<
      [{ settled: boolean }]
    >`select zaakstroom.settle_group(${processors}::text[], ${partitions}::smallint[],
      ${epochs}::bigint[], ${froms}::bigint[], ${tos}::bigint[], ${outputs}::text, ${timers}::text::json) as settled`
  );
  return row.settled ? [] : undefined;
}

async function settleAndFetch(
  client: PostgresClient,
  settlings: readonly SettleRequest[],
  recipients: readonly IdleMailbox[],
): Promise<FetchResult[] | undefined> {
  const { processors, partitions, epochs, froms, tos, outputs, timers } = columnsOfSettlings(settlings);
  const pull = columnsOf(recipients);
  const rows = await client.run((sql) =>
    sql`select kind, count, read_from, read_to, next_due_ms, lines
      from zaakstroom.settle_and_fetch(${processors}::text[], ${partitions}::smallint[], ${epochs}::bigint[],
        ${froms}::bigint[], ${tos}::bigint[], ${outputs}::text, ${timers}::text::json,
        ${pull.processors}::text[], ${pull.partitions}::smallint[], ${pull.epochs}::bigint[], ${pull.types}::text[],
        ${pull.sizes}::int[], ${pull.bytes}::int[])`.raw()
  );
  return rows.length === 0 ? undefined : rows.map(readFetchResult);
}

function columnsOfSettlings(settlings: readonly SettleRequest[]) {
  const column = (of: (settling: SettleRequest) => string | number) => arrayOf(settlings.map(of));
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
