/** How a batch is settled by one statement, whatever became of it. @module */
import { rowsOf } from "../../schema/stored_event.ts";
import { type Batch, linesOf, positionOf, type Settlement } from "../mailbox.ts";
import type { PostgresClient } from "./client.ts";
import type { Sleeper } from "./wakes.ts";

/** `settled`, `already` when this batch was settled before, `fenced` when the lease has moved. */
export type Verdict = "settled" | "already" | "fenced";

/** A verdict, and the mailboxes of this process that know already of what was made. */
export interface Settled {
  readonly verdict: Verdict;
  readonly told?: readonly Sleeper[];
}

/** Whose batch it is. */
interface Owner {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
}

/** One mailbox's batch, and what became of it. */
export interface Settling {
  readonly owner: Owner;
  readonly batch: Batch;
  readonly settlement: Settlement;
}

/** Settles once. Whether a write happened is unknown after BackendAway: settling again is safe. */
export function settleByStatement(client: PostgresClient, settling: Settling): Promise<Settled> {
  const { owner: { processor, partition, epoch }, batch } = settling;
  const { done, exceptions, timers } = parametersOf(settling);
  const rows = outputsOf([settling]);
  return client.run(async (sql) => {
    const [row] = await sql<[{ verdict: Verdict }]>`
      select zaakstroom.settle(${processor}, ${partition}::smallint, ${epoch}::bigint, ${batch.from}::bigint,
        ${batch.to}::bigint, ${done}::bigint[], ${rows}::text, ${exceptions}::text::json, ${timers}::text::json)
        as verdict`;
    return row;
  });
}

/** The parts of a settlement as parameters; null for none. */
export function parametersOf({ batch, settlement }: Settling) {
  return {
    done: batch.kind === "redelivery" ? doneOf(batch, settlement) : null,
    exceptions: jsonOf(settlement.exceptions.map(toRow)),
    timers: jsonOf(settlement.timers),
  };
}

/** The outputs of batches as store rows; null for none. */
export function outputsOf(settlings: readonly Settling[]): string | null {
  const rows = settlings.flatMap(({ settlement }) => rowsOf(settlement.outputs));
  return rows.length === 0 ? null : rows.join("\n");
}

function doneOf(batch: Batch, { exceptions }: Settlement): string {
  const failed = new Set(exceptions.map(({ position }) => position));
  return `{${linesOf(batch).map(positionOf).filter((position) => !failed.has(position)).join(",")}}`;
}

function toRow({ position, eventId, caseId, attempt, outcome }: Settlement["exceptions"][number]) {
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
