/** How a batch is settled: by one statement, or with many outputs by a COPY in a transaction around it. @module */
import { eventTypes, isEventType } from "../../schema/events.ts";
import { type Batch, linesOf, positionOf, type Settlement } from "../mailbox.ts";
import type { PostgresClient } from "./client.ts";
import { copyRows, copyText, inTransaction, NotCopied, WORTH_COPYING } from "./copying.ts";

/** `settled`, `already` when this batch was settled before, `fenced` when the lease has moved. */
export type Verdict = "settled" | "already" | "fenced";

/** Whose batch it is. */
export interface Owner {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
}

/** Where somebody else adds to the same cases, copying in vain is avoided for so many batches. */
const INSERTED_AFTER_A_CLASH = 8;

export class Settler {
  readonly #client: PostgresClient;
  #inserted = 0;

  constructor(client: PostgresClient) {
    this.#client = client;
  }

  /** Settles once. Whether a write happened is unknown after BackendAway: settling again is safe. */
  async settle(owner: Owner, batch: Batch, settlement: Settlement): Promise<Verdict> {
    const { versions } = settlement;
    if (versions === undefined || versions.length < WORTH_COPYING || this.#inserted-- > 0) {
      return await this.#byStatement(owner, batch, settlement);
    }
    try {
      return await this.#byCopy(owner, batch, settlement, versions);
    } catch (error) {
      if (!(error instanceof NotCopied)) throw error;
      this.#inserted = INSERTED_AFTER_A_CLASH;
      return await this.#byStatement(owner, batch, settlement);
    }
  }

  #byStatement(
    { processor, partition, epoch }: Owner,
    batch: Batch,
    settlement: Settlement,
  ): Promise<Verdict> {
    const { done, exceptions, timers } = parametersOf(batch, settlement);
    const rows = settlement.outputs === "" ? null : settlement.outputs;
    return this.#client.run(async (sql) => {
      const [row] = await sql<[{ verdict: Verdict }]>`
        select zaakstroom.settle(${processor}, ${partition}::smallint, ${epoch}::bigint, ${batch.from}::bigint,
          ${batch.to}::bigint, ${done}::bigint[], ${rows}::text, ${exceptions}::text::json, ${timers}::text::json)
          as verdict`;
      return row.verdict;
    });
  }

  #byCopy(
    { processor, partition, epoch }: Owner,
    batch: Batch,
    settlement: Settlement,
    versions: Int32Array,
  ): Promise<Verdict> {
    const { done, exceptions, timers } = parametersOf(batch, settlement);
    const types = settlement.outputTypes.filter(isEventType);
    const kinds = types.map((type) => eventTypes[type].version);
    const text = copyText(settlement.outputs, versions);
    return inTransaction(this.#client, async (tx) => {
      const [row] = await tx<[{ verdict: Verdict }]>`
        select zaakstroom.begin_settle(${processor}, ${partition}::smallint, ${epoch}::bigint, ${batch.from}::bigint,
          ${batch.to}::bigint, ${done}::bigint[], ${exceptions}::text::json, ${timers}::text::json,
          ${`{${types}}`}::text[], ${`{${kinds}}`}::smallint[]) as verdict`;
      if (row.verdict === "settled") await copyRows(tx, text);
      return row.verdict;
    });
  }
}

/** The parts of a settlement as parameters; null for none. */
function parametersOf(batch: Batch, settlement: Settlement) {
  return {
    done: batch.kind === "redelivery" ? doneOf(batch, settlement) : null,
    exceptions: jsonOf(settlement.exceptions.map(toRow)),
    timers: jsonOf(settlement.timers),
  };
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
