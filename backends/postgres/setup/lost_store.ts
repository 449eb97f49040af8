/** A log that is older than its mailboxes: positions that they have settled are drawn again, and would never be read. @module */
import { BackendUnusable, StoreLost } from "../../errors.ts";
import type { PostgresClient } from "../connection/client.ts";

interface Ends {
  /** The last position that the log has drawn. */
  readonly drawn: number;
  /** The farthest position that a mailbox has settled. */
  readonly settled: number;
}

/** Throws StoreLost when mailboxes have settled positions that the log has not drawn yet. Who may not read that can't tell. */
export async function requireWholeLog(client: PostgresClient): Promise<void> {
  const ends = await readEnds(client).catch((error) => {
    if (!(error instanceof BackendUnusable)) throw error;
  });
  if (ends === undefined || ends.settled <= ends.drawn) return;
  const { drawn, settled } = ends;
  throw new StoreLost(
    `The log ends at position ${drawn}, and mailboxes have settled up to ${settled}: it is older than they are; ` +
      "restore the whole schema zaakstroom from one backup",
  );
}

async function readEnds(client: PostgresClient): Promise<Ends> {
  const [ends] = await client.runIdempotent((sql) =>
    sql<[Ends]>`
      select s.last_value as drawn,
        (select coalesce(max(checkpoint), 0)::bigint from zaakstroom.subscriptions) as settled
      from zaakstroom.events_position_seq s`
  );
  return ends;
}
