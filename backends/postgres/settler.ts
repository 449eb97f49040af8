/** How a batch is settled: together with others, by a statement of its own, or with many outputs by a COPY. @module */
import { eventTypes, isEventType } from "../../schema/events.ts";
import type { PostgresClient } from "./client.ts";
import { copyBytes, copyRows, inTransaction, NotCopied, WORTH_COPYING } from "./copying.ts";
import {
  parametersOf,
  settleByStatement,
  type Settled,
  type Settling,
  type Verdict,
} from "./settle_statement.ts";
import type { SettleTogether } from "./settling_together.ts";

/** Where somebody else adds to the same cases, copying in vain is avoided for so many batches. */
const INSERTED_AFTER_A_CLASH = 8;

export class Settler {
  readonly #client: PostgresClient;
  readonly #together: SettleTogether;
  #inserted = 0;

  constructor(client: PostgresClient, together: SettleTogether) {
    this.#client = client;
    this.#together = together;
  }

  /** Settles once. Whether a write happened is unknown after BackendAway: settling again is safe. */
  async settle(settling: Settling): Promise<Settled> {
    const outputs = Object.values(settling.settlement.outputTypes).reduce((sum, many) => sum + many, 0);
    const few = outputs < WORTH_COPYING;
    if (few && isPlain(settling)) return await this.#together(settling);
    if (few || this.#inserted-- > 0) return await settleByStatement(this.#client, settling);
    try {
      return await this.#byCopy(settling);
    } catch (error) {
      if (!(error instanceof NotCopied)) throw error;
      this.#inserted = INSERTED_AFTER_A_CLASH;
      return await settleByStatement(this.#client, settling);
    }
  }

  #byCopy(settling: Settling): Promise<Settled> {
    const { owner: { processor, partition, epoch }, batch, settlement } = settling;
    const { done, exceptions, timers } = parametersOf(settling);
    const types = Object.keys(settlement.outputTypes).filter(isEventType);
    const kinds = types.map((type) => eventTypes[type].version);
    const rows = copyBytes(settlement.outputs);
    return inTransaction(this.#client, async (tx) => {
      const [row] = await tx<[{ verdict: Verdict }]>`
        select zaakstroom.begin_settle(${processor}, ${partition}::smallint, ${epoch}::bigint, ${batch.from}::bigint,
          ${batch.to}::bigint, ${done}::bigint[], ${exceptions}::text::json, ${timers}::text::json,
          ${`{${types}}`}::text[], ${`{${kinds}}`}::smallint[]) as verdict`;
      if (row.verdict === "settled") await copyRows(tx, rows);
      return row;
    });
  }
}

/** Only such batches go together: whatever else becomes of deliveries is for each mailbox to store by itself. */
function isPlain({ batch, settlement }: Settling): boolean {
  return batch.kind === "fresh" && settlement.exceptions.length === 0;
}
