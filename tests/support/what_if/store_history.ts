/** Puts histories into a store as its runtime would have: what the runtime alone makes has no door. @module */
import postgres from "postgres";
import { partitionsAndRows } from "../../../backends/postgres/log/append.ts";
import type { WireEvent } from "../../../schema/events.ts";

/** Events of one statement. */
const SLICE = 500;

export async function storeHistory(url: string, events: readonly WireEvent[]): Promise<void> {
  const sql = postgres(url, { max: 1 });
  try {
    const [{ partitions }] = await sql`select partitions from zaakstroom.store` as [{ partitions: number }];
    for (let at = 0; at < events.length; at += SLICE) {
      const { touched, rows } = partitionsAndRows(events.slice(at, at + SLICE), partitions);
      const count = Math.min(SLICE, events.length - at);
      await sql`select zaakstroom.append(${`{${touched}}`}::smallint[], ${rows}, ${count})`;
    }
  } finally {
    await sql.end();
  }
}
