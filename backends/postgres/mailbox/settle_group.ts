/** How small batches are settled: several mailboxes in one transaction. @module */
import { BackendUnavailable } from "../../errors.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import { isLocked } from "../connection/errors.ts";
import type { FetchResult, MailboxSubscriber } from "../../mailbox/mailbox_store.ts";
import type { Release } from "../../primitives/priority_semaphore.ts";
import { columnsOf, readFetchResult } from "./fetch.ts";
import { outputsOf, settleOne, type SettleReply, type SettleRequest } from "./settle_one.ts";
import type { Notifier } from "./notifier.ts";

/** Only such batches go together: whatever else becomes of deliveries is for each mailbox to store by itself. */
export function isGroupable({ batch, settlement }: SettleRequest): boolean {
  return batch.kind === "fresh" && settlement.failures.length === 0;
}

/**
 * Settles groupable batches in one transaction, and hands what they made to the idle mailboxes of this process that take
 * it, read in the same statement. Where a row of one is held by something else, each is handed to `onAlone`. Throws BackendUnavailable, after which settling again is safe.
 */
export async function settleGroup(
  client: PostgresClient,
  notifier: Notifier,
  requests: readonly SettleRequest[],
  onAlone: (request: SettleRequest) => Promise<SettleReply>,
): Promise<(SettleReply | Promise<SettleReply>)[]> {
  const recipients = reserveRecipients(requests, notifier);
  try {
    if (requests.length + recipients.size > 1) {
      const alreadyNotified = [...recipients.keys()];
      if (await settleAndDeliver(client, requests, recipients)) {
        return requests.map(() => ({ verdict: "settled", alreadyNotified }));
      }
    }
  } catch (error) {
    if (!isLocked((error as Error).cause)) throw error;
    // The next group does not wait for these: only the one that is held takes long.
    return requests.map((request) => onAlone(request));
  }
  const each = requests.map((request) => settleOne(client, request));
  await Promise.allSettled(each);
  return each;
}

/** The idle mailboxes that take outputs of these, each with the permit under which they are read. */
type Recipients = ReadonlyMap<MailboxSubscriber, Release>;

function reserveRecipients(requests: readonly SettleRequest[], notifier: Notifier): Recipients {
  const idle = requests.flatMap(({ owner, settlement }) =>
    notifier.idleMailboxes(owner.partition, Object.keys(settlement.outputTypes))
  );
  const recipients = new Map<MailboxSubscriber, Release>();
  for (const mailbox of new Set(idle)) {
    const release = mailbox.tryReserve();
    if (release !== undefined) recipients.set(mailbox, release);
  }
  return recipients;
}

/** True when all are settled and the recipients have their batches; false when nothing was done, and the permits are given back. */
async function settleAndDeliver(
  client: PostgresClient,
  requests: readonly SettleRequest[],
  recipients: Recipients,
) {
  let results: FetchResult[] | undefined;
  try {
    results = await settleAll(client, requests, [...recipients.keys()]);
  } finally {
    if (results === undefined) { for (const release of recipients.values()) release(); }
  }
  [...recipients].forEach(([recipient, release], i) => results && recipient.deliver(results[i]!, release));
  return results !== undefined;
}

/** What the recipients have then. Undefined when none is settled: one was settled before, was fenced, or can't be stored. */
async function settleAll(
  client: PostgresClient,
  requests: readonly SettleRequest[],
  recipients: readonly MailboxSubscriber[],
): Promise<FetchResult[] | undefined> {
  try {
    return recipients.length === 0
      ? await settleOnly(client, requests)
      : await settleAndFetch(client, requests, recipients);
  } catch (error) {
    // What is refused was not stored: each then answers for itself. After an unknown outcome all must ask again.
    if (error instanceof BackendUnavailable) throw error;
    return undefined;
  }
}

async function settleOnly(
  client: PostgresClient,
  requests: readonly SettleRequest[],
): Promise<[] | undefined> {
  const { processors, partitions, epochs, froms, tos, outputs, timers } = settleColumnsOf(requests);
  const [row] = await client.runOnce((sql) =>
    sql<
      [{ settled: boolean }]
    >`select zaakstroom.settle_group(${processors}::text[], ${partitions}::smallint[],
      ${epochs}::bigint[], ${froms}::bigint[], ${tos}::bigint[], ${outputs}::text, ${timers}::text::json) as settled`
  );
  return row.settled ? [] : undefined;
}

async function settleAndFetch(
  client: PostgresClient,
  requests: readonly SettleRequest[],
  recipients: readonly MailboxSubscriber[],
): Promise<FetchResult[] | undefined> {
  const { processors, partitions, epochs, froms, tos, outputs, timers } = settleColumnsOf(requests);
  const fetch = columnsOf(recipients.map((owner) => ({ owner, limits: owner.limits })));
  const rows = await client.runOnce((sql) =>
    sql`select kind, count, read_from, read_to, next_due_ms, lines
      from zaakstroom.settle_and_fetch(${processors}::text[], ${partitions}::smallint[], ${epochs}::bigint[],
        ${froms}::bigint[], ${tos}::bigint[], ${outputs}::text, ${timers}::text::json,
        ${fetch.processors}::text[], ${fetch.partitions}::smallint[], ${fetch.epochs}::bigint[], ${fetch.types}::text[],
        ${fetch.sizes}::int[], ${fetch.bytes}::int[])`.raw()
  );
  return rows.length === 0 ? undefined : rows.map(readFetchResult);
}

function settleColumnsOf(requests: readonly SettleRequest[]) {
  const column = (of: (request: SettleRequest) => string | number) => arrayOf(requests.map(of));
  const timers = requests.flatMap(({ settlement }) => settlement.timers);
  return {
    processors: column(({ owner }) => owner.processor),
    partitions: column(({ owner }) => owner.partition),
    epochs: column(({ owner }) => owner.epoch),
    froms: column(({ batch }) => batch.from),
    tos: column(({ batch }) => batch.to),
    outputs: outputsOf(requests),
    timers: timers.length === 0 ? null : JSON.stringify(timers),
  };
}
