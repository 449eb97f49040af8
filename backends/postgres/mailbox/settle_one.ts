/** How a batch is settled by one statement, whatever became of it. @module */
import { rowsOf } from "../../../schema/delivery_line.ts";
import { type Batch, linesOf, positionOf } from "../../mailbox/batch.ts";
import type { Settlement } from "../../mailbox/mailbox.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { IdleMailbox } from "./notifier.ts";

/** `settled`, `already` when this batch was settled before, `fenced` when the lease has moved. */
export type SettleStatus = "settled" | "already" | "fenced";

/** A verdict, and the mailboxes of this process that know already of what was made. */
export interface SettleReply {
  readonly verdict: SettleStatus;
  readonly alreadyNotified?: readonly IdleMailbox[];
}

/** Whose batch it is. */
interface Owner {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
}

/** One mailbox's batch, and what became of it. */
export interface SettleRequest {
  readonly owner: Owner;
  readonly batch: Batch;
  readonly settlement: Settlement;
}

/** Settles once. Whether a write happened is unknown after BackendAway: settling again is safe. */
export function settleOne(client: PostgresClient, request: SettleRequest): Promise<SettleReply> {
  const { owner: { processor, partition, epoch }, batch } = request;
  const { done, exceptions, timers } = parametersOf(request);
  const rows = outputsOf([request]);
  return client.run(async (sql) => {
    const [row] = await sql<[{ verdict: SettleStatus }]>`
      select zaakstroom.settle(${processor}, ${partition}::smallint, ${epoch}::bigint, ${batch.from}::bigint,
        ${batch.to}::bigint, ${done}::bigint[], ${rows}::text, ${exceptions}::text::json, ${timers}::text::json)
        as verdict`;
    return row;
  });
}

/** The parts of a settlement as parameters; null for none. */
export function parametersOf({ batch, settlement }: SettleRequest) {
  return {
    done: batch.kind === "redelivery" ? doneOf(batch, settlement) : null,
    exceptions: jsonOf(settlement.failures.map(toRow)),
    timers: jsonOf(settlement.timers),
  };
}

/** The outputs of batches as store rows; null for none. */
export function outputsOf(requests: readonly SettleRequest[]): string | null {
  const rows = requests.flatMap(({ settlement }) => rowsOf(settlement.outputs));
  return rows.length === 0 ? null : rows.join("\n");
}

function doneOf(batch: Batch, { failures }: Settlement): string {
  const failed = new Set(failures.map(({ position }) => position));
  return `{${linesOf(batch).map(positionOf).filter((position) => !failed.has(position)).join(",")}}`;
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
