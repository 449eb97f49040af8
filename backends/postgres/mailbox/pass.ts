/** How passes are read and settled: one statement each, and many outputs by a COPY. @module */
import type { Buffer } from "node:buffer";
import { SettlementRefused } from "../../errors.ts";
import type { BatchLimits } from "../../mailbox/batch_size.ts";
import type { MailboxOwner } from "../../mailbox/mailbox_store.ts";
import type { PassFetched, PassPart, PassSettlement, PassStatus } from "../../mailbox/pass.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import { codeOf, isLocked, rowRefusal } from "../connection/errors.ts";
import { detach } from "./fetch.ts";
import { copyBytes, CopyRefused, copyRows, inTransaction, kindsOf, MIN_COPY_ROWS } from "./settle_copy.ts";

const UNIQUE_VIOLATION = "23505";
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads what comes next. Throws as the client does. */
export function fetchPass(
  client: PostgresClient,
  owners: readonly MailboxOwner[],
  { batchSize, batchBytes }: BatchLimits,
): Promise<PassFetched> {
  const [processors, epochs] = [
    arrayOf(owners.map(({ processor }) => processor)),
    arrayOf(owners.map(({ epoch }) => epoch)),
  ];
  const types = arrayOf(owners.map((owner) => owner.types.join(",")));
  return client.run(async (sql) => {
    const [row] = await sql`select kind, count, array_to_string(froms, ','), array_to_string(tos, ','),
        array_to_string(caught_up, ','), next_due_ms, lines
      from zaakstroom.fetch_pass(${
      owners[0]!.partition
    }::smallint, ${processors}::text[], ${epochs}::bigint[],
        ${types}::text[], ${batchSize}::int, ${batchBytes}::int)`.raw();
    return readPass(row!, owners);
  });
}

/** Read by hand, as batches are. */
function readPass(
  [kindText, count, froms, tos, caughtUp, due, lines]: readonly (Buffer | null)[],
  owners: readonly MailboxOwner[],
): PassFetched {
  const kind = `${kindText}` as PassFetched["kind"];
  const hasParts = kind === "pass" || kind === "empty";
  const [from, to, whole] = [froms, tos, caughtUp].map((list) => `${list}`.split(","));
  const partOf = ({ processor }: MailboxOwner, i: number): PassPart => ({
    ...{ processor, from: Number(from![i]), to: Number(to![i]), isCaughtUp: whole![i] === "t" },
  });
  return {
    kind,
    lines: lines === null || lines === undefined ? new Uint8Array() : detach(lines),
    count: Number(count ?? 0),
    parts: hasParts ? owners.map(partOf) : [],
    nextDueMs: due ? Number(due) : Infinity,
  };
}

/**
 * Settles once. Whether a write happened is unknown after BackendUnavailable: settling again is safe. `onLocked` is told of
 * each try that waited for a lock in vain.
 */
export async function commitPass(
  client: PostgresClient,
  owners: readonly MailboxOwner[],
  settlement: PassSettlement,
  onLocked: () => void,
): Promise<PassStatus> {
  const outputs = Object.values(settlement.outputTypes).reduce((sum, many) => sum + many, 0);
  const commit = outputs < MIN_COPY_ROWS ? commitByStatement : commitByCopy;
  try {
    return await commit(tellingOfLocks(client, onLocked), owners, settlement);
  } catch (error) {
    if (error instanceof CopyRefused || codeOf(error) === UNIQUE_VIOLATION) return "behind";
    const refusal = rowRefusal(error);
    throw refusal === undefined ? error : new SettlementRefused(refusal, { cause: error });
  }
}

type Runner = Pick<PostgresClient, "run">;

/** A client that tells when what it was given to do failed at a lock; it may do it again, and wait again. */
function tellingOfLocks(client: Runner, onLocked: () => void): Runner {
  return {
    run: (work) =>
      client.run((sql) =>
        Promise.resolve(work(sql)).catch((error) => {
          if (isLocked(error)) onLocked();
          throw error;
        })
      ),
  };
}

function commitByStatement(
  client: Runner,
  owners: readonly MailboxOwner[],
  settlement: PassSettlement,
): Promise<PassStatus> {
  const { partition, processors, epochs, froms, tos, types, timers } = columnsOf(owners, settlement);
  const rows = settlement.outputs.length === 0 ? null : decoder.decode(settlement.outputs);
  return client.run(async (sql) => {
    const [row] = await sql<[{ verdict: PassStatus }]>`
      select zaakstroom.commit_pass(${partition}::smallint, ${processors}::text[], ${epochs}::bigint[], ${froms}::bigint[],
        ${tos}::bigint[], ${types}::text[], ${rows}::text, ${timers}::text::json) as verdict`;
    return row.verdict;
  });
}

/** Throws CopyRefused where a row can't be stored as it is. */
function commitByCopy(
  client: Runner,
  owners: readonly MailboxOwner[],
  settlement: PassSettlement,
): Promise<PassStatus> {
  const { partition, processors, epochs, froms, tos, types, timers } = columnsOf(owners, settlement);
  const { names, versions } = kindsOf(settlement.outputTypes);
  const rows = copyBytes(settlement.outputs);
  return inTransaction(client, async (tx) => {
    const [row] = await tx<[{ verdict: PassStatus }]>`
      select zaakstroom.begin_pass(${partition}::smallint, ${processors}::text[], ${epochs}::bigint[], ${froms}::bigint[],
        ${tos}::bigint[], ${types}::text[], true) as verdict`;
    if (row.verdict !== "settled") return row.verdict;
    await copyRows(
      tx,
      rows,
      () =>
        tx`select zaakstroom.end_pass(${partition}::smallint, ${processors}::text[], ${froms}::bigint[], ${tos}::bigint[],
          ${types}::text[], currval('zaakstroom.events_position_seq'), ${timers}::text::json),
          zaakstroom.register_event_kinds(${names}::text[], ${versions}::smallint[])`,
    );
    return "settled";
  });
}

/** A pass as the columns of a statement. The types are of those who handled what it made. */
function columnsOf(owners: readonly MailboxOwner[], { moves, timers }: PassSettlement) {
  return {
    partition: owners[0]!.partition,
    processors: arrayOf(owners.map(({ processor }) => processor)),
    epochs: arrayOf(owners.map(({ epoch }) => epoch)),
    froms: arrayOf(moves.map(({ from }) => from)),
    tos: arrayOf(moves.map(({ to }) => to)),
    types: arrayOf(owners.map((owner, i) => moves[i]!.isChained ? owner.types.join(",") : null)),
    timers: timers.length === 0 ? null : JSON.stringify(timers),
  };
}
