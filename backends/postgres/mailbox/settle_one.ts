/** How a batch is settled by one statement, whatever became of it. @module */
import { rowsOf } from "../../../schema/delivery_line.ts";
import { type Batch, linesOf } from "../../mailbox/batch.ts";
import type { Settlement } from "../../mailbox/mailbox.ts";
import { lineHead } from "../../settlement/plan.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { MailboxOwner, MailboxSubscriber, SettleStatus } from "../../mailbox/mailbox_store.ts";

/** A verdict, and the mailboxes of this process that were handed what was made. */
export interface SettleReply {
  readonly verdict: SettleStatus;
  readonly alreadyNotified?: readonly MailboxSubscriber[];
}

/** One mailbox's batch, and what became of it. */
export interface SettleRequest {
  readonly owner: MailboxOwner;
  readonly batch: Batch;
  readonly settlement: Settlement;
}

/** Settles once. Whether a write happened is unknown after BackendUnavailable: settling again is safe. */
export function settleOne(client: PostgresClient, request: SettleRequest): Promise<SettleReply> {
  const { owner: { processor, partition, epoch }, batch } = request;
  const { redelivered, failures, timers } = parametersOf(request);
  const rows = outputsOf([request]);
  return client.run(async (sql) => {
    const [row] = await sql<[{ verdict: SettleStatus }]>`
      select zaakstroom.settle(${processor}, ${partition}::smallint, ${epoch}::bigint, ${batch.from}::bigint,
        ${batch.to}::bigint, ${redelivered}::text::json, ${rows}::text, ${failures}::text::json, ${timers}::text::json)
        as verdict`;
    return row;
  });
}

/** A settlement as parameters; null for none. */
export function parametersOf({ batch, settlement }: SettleRequest) {
  return {
    redelivered: batch.kind === "redelivery" ? JSON.stringify(linesOf(batch).map(redeliveredRow)) : null,
    failures: jsonOf(settlement.failures.map(toRow)),
    timers: jsonOf(settlement.timers),
  };
}

/** The outputs of batches as store rows; null for none. */
export function outputsOf(requests: readonly SettleRequest[]): string | null {
  const rows = requests.flatMap(({ settlement }) => rowsOf(settlement.outputs));
  return rows.length === 0 ? null : rows.join("\n");
}

function redeliveredRow(line: string) {
  const { position, caseId: case_id, attempt } = lineHead(line);
  return { position, case_id, attempt };
}

function toRow({ position, eventId, caseId, attempt, outcome }: Settlement["failures"][number]) {
  const afterMs = outcome.kind === "retry" ? outcome.afterMs : null;
  const error = outcome.kind === "held" ? null : outcome.error;
  return {
    position,
    event_id: eventId,
    case_id: caseId,
    attempt,
    kind: outcome.kind,
    after_ms: afterMs,
    error,
  };
}

function jsonOf(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}
