/** How often something was not allowed, by the trail, whoever wrote that there. @module */
import { PRODUCERS_TRAIL, REFUSED } from "../../producers.ts";
import type { PostgresClient } from "../connection/client.ts";

/**
 * Counts the lines behind the first call. Ids become visible out of order for as long as a transaction takes, so what came since the
 * call before the last one is counted anew each time.
 */
export class RefusalCount {
  readonly #client: PostgresClient;
  #counted = { upTo: 0, count: 0 };
  #last: number | undefined;

  constructor(client: PostgresClient) {
    this.#client = client;
  }

  async read(): Promise<number> {
    const before = this.#last;
    const [row] = await this.#client.runIdempotent((sql) =>
      sql<[{ known: number; fresh: number; last: number }]>`
        select count(*) filter (where l.id <= ${before ?? 0})::int as known,
          count(*) filter (where l.id > ${
        before ?? 0
      })::int as fresh, coalesce(max(l.id), ${this.#counted.upTo}) as last
        from zaakstroom.event_log l
        where l.case_id = ${PRODUCERS_TRAIL} and l.act = ${REFUSED} and l.id > ${this.#counted.upTo}`
    );
    this.#last = Math.max(row.last, before ?? 0);
    if (before === undefined) {
      this.#counted = { upTo: this.#last, count: 0 };
      return 0;
    }
    this.#counted = { upTo: before, count: this.#counted.count + row.known };
    return this.#counted.count + row.fresh;
  }
}
