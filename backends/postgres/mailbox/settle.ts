/** How a batch is settled: together with others, by a statement of its own, or with many outputs by a COPY. @module */
import { eventTypes, isEventType } from "../../../schema/events.ts";
import type { PostgresClient } from "../connection/client.ts";
import { copyBytes, CopyRefused, copyRows, inTransaction, MIN_COPY_ROWS } from "./settle_copy.ts";
import {
  parametersOf,
  settleOne,
  type SettleReply,
  type SettleRequest,
  type SettleStatus,
} from "./settle_one.ts";
import type { SettleGroup } from "./settle_group.ts";

/** Where somebody else adds to the same cases, copying in vain is avoided for so many batches. */
const INSERTS_AFTER_CONFLICT = 8;

export class Settler {
  readonly #client: PostgresClient;
  readonly #settleGroup: SettleGroup;
  #insertsLeft = 0;

  constructor(client: PostgresClient, settleGroup: SettleGroup) {
    this.#client = client;
    this.#settleGroup = settleGroup;
  }

  /** Settles once. Whether a write happened is unknown after BackendAway: settling again is safe. */
  async settle(request: SettleRequest): Promise<SettleReply> {
    const outputs = Object.values(request.settlement.outputTypes).reduce((sum, many) => sum + many, 0);
    const few = outputs < MIN_COPY_ROWS;
    if (few && isGroupable(request)) return await this.#settleGroup(request);
    if (few || this.#insertsLeft-- > 0) return await settleOne(this.#client, request);
    try {
      return await this.#byCopy(request);
    } catch (error) {
      if (!(error instanceof CopyRefused)) throw error;
      this.#insertsLeft = INSERTS_AFTER_CONFLICT;
      return await settleOne(this.#client, request);
    }
  }

  #byCopy(request: SettleRequest): Promise<SettleReply> {
    const { owner: { processor, partition, epoch }, batch, settlement } = request;
    const { done, exceptions, timers } = parametersOf(request);
    const types = Object.keys(settlement.outputTypes).filter(isEventType);
    const kinds = types.map((type) => eventTypes[type].version);
    const rows = copyBytes(settlement.outputs);
    return inTransaction(this.#client, async (tx) => {
      const [row] = await tx<[{ verdict: SettleStatus }]>`
        select zaakstroom.begin_settle(${processor}, ${partition}::smallint, ${epoch}::bigint, ${batch.from}::bigint,
          ${batch.to}::bigint, ${done}::bigint[], ${exceptions}::text::json, ${timers}::text::json,
          ${`{${types}}`}::text[], ${`{${kinds}}`}::smallint[]) as verdict`;
      if (row.verdict === "settled") await copyRows(tx, rows);
      return row;
    });
  }
}

/** Only such batches go together: whatever else becomes of deliveries is for each mailbox to store by itself. */
function isGroupable({ batch, settlement }: SettleRequest): boolean {
  return batch.kind === "fresh" && settlement.failures.length === 0;
}
