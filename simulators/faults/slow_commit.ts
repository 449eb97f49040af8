/** A transaction that has drawn its positions and commits late, as that of a slow or stopped producer does. @module */
import { delay } from "@std/async/delay";
import postgres from "postgres";
import { partitionsAndRows } from "../../backends/postgres/log/append.ts";
import { PARTITIONS } from "../chaos/node/open_store.ts";
import type { Testbed } from "../chaos/testbed/testbed.ts";
import type { Fault } from "./fault.ts";

const HELD_MS = 1_000;
const CASES = 4;

export const slowCommit: Fault = {
  does:
    `appends in a transaction that commits ${HELD_MS} ms after it has drawn its positions, while others append`,
  testbed() {
    let drawn = 0;
    let last = 0;
    return {
      needs: "store",
      isInstant: true,
      async apply(testbed) {
        [drawn, last] = await appendSlowly(testbed);
      },
      tookEffect: () => drawn > 0 ? `${drawn} events up to position ${last} became visible late` : undefined,
    };
  },
};

/** Returns how many events were stored, and the last position. */
async function appendSlowly({ producer, storeUrl }: Testbed): Promise<[number, number]> {
  const events = Array.from({ length: CASES }, () => producer.takeCase()).flat();
  const { touched, rows } = partitionsAndRows(events, PARTITIONS);
  const sql = postgres(storeUrl!, { max: 1, onnotice: () => {} });
  try {
    const answer = await sql.begin(async (tx) => {
      const [stored] = await tx`select stored, last_position::int as last
        from zaakstroom.append(${`{${touched.join(",")}}`}::smallint[], ${rows}, ${events.length})`;
      await delay(HELD_MS);
      return stored as { stored: number; last: number };
    });
    producer.accepted.push(...events.map(({ event_id }) => event_id));
    return [answer.stored, answer.last];
  } finally {
    await sql.end();
  }
}
