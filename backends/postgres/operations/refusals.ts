/** How often something was not allowed, by the trail and by what append counts, whoever was refused. @module */
import { PRODUCERS_TRAIL, REFUSED } from "../../producers.ts";
import type { PostgresClient } from "../connection/client.ts";

/**
 * Counts the lines behind the first call. Ids become visible out of order for as long as a transaction takes, so what came since the
 * call before the last one is counted anew each time. What append refuses is undone with its transaction, so a sequence counts it, and
 * a line that is left of it nonetheless does not count: after a crash of the server it may have gone on by 32.
 */
export class RefusalCount {
  readonly #client: PostgresClient;
  #counted = { upTo: 0, count: 0 };
  #last: number | undefined;
  #raisedBefore: number | undefined;

  constructor(client: PostgresClient) {
    this.#client = client;
  }

  async read(): Promise<number> {
    const before = this.#last;
    const [row] = await this.#client.runIdempotent((sql) =>
      sql<[{ known: number; fresh: number; last: number; raised: number }]>`
        select count(*) filter (where l.id <= ${before ?? 0})::int as known,
          count(*) filter (where l.id > ${
        before ?? 0
      })::int as fresh, coalesce(max(l.id), ${this.#counted.upTo}) as last,
          (select case when is_called then last_value else 0 end from zaakstroom.refused_appends) as raised
        from zaakstroom.event_log l
        where l.case_id = ${PRODUCERS_TRAIL} and l.act = ${REFUSED} and l.id > ${this.#counted.upTo}
          and l.details is null`
    );
    this.#raisedBefore ??= row.raised;
    const raised = row.raised - this.#raisedBefore;
    this.#last = Math.max(row.last, before ?? 0);
    if (before === undefined) {
      this.#counted = { upTo: this.#last, count: 0 };
      return 0;
    }
    this.#counted = { upTo: before, count: this.#counted.count + row.known };
    return this.#counted.count + row.fresh + raised;
  }
}
