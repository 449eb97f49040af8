/**
 * The chain of hashes over the log in PostgreSQL. A node closes blocks of the partitions that it leases, outside of all
 * settlements: their positions are drawn under a lock that is held until the commit is visible, so that behind what is visible
 * nothing comes any more.
 * @module
 */
import type { Block, BlockStore, EventHash, HashChain } from "../../chain/hash_chain.ts";
import type { KeptHead, PartitionReport } from "../../chain/report.ts";
import { verifyBlocks } from "../../chain/verify.ts";
import { repeat } from "../../primitives/repeat.ts";
import type { PostgresClient } from "../connection/client.ts";

/** Positions that a block covers at most, those of other partitions included: its entries are read and verified at once. */
const BLOCK_POSITIONS = 20_000;
/** Blocks that are read at once. */
const BLOCKS_AT_ONCE = 20;

export class PostgresHashChain implements HashChain, BlockStore {
  readonly isContinuous = false;
  readonly #client: PostgresClient;
  readonly #partitions: number;

  constructor(client: PostgresClient, partitions: number) {
    this.#client = client;
    this.#partitions = partitions;
  }

  async closeBlocks(): Promise<void> {
    for (let more = 1; more > 0;) {
      const [row] = await this.#client.run((sql) =>
        sql<[{ more: number }]>`select zaakstroom.close_blocks(array(
          select p::smallint from generate_series(0, ${this.#partitions - 1}) p), ${BLOCK_POSITIONS}) as more`
      );
      more = row.more;
    }
  }

  verify(partition: number, kept?: KeptHead): Promise<PartitionReport> {
    return verifyBlocks(this, partition, kept);
  }

  async *blocks(partition: number): AsyncGenerator<Block> {
    for (let last = 0;;) {
      const rows = await this.#client.runIdempotent((sql) =>
        sql<
          Block[]
        >`select partition, number, first_position as "firstPosition", last_position as "lastPosition", events,
            entries, previous, hash from zaakstroom.event_blocks
          where partition = ${partition} and number > ${last} order by number limit ${BLOCKS_AT_ONCE}`
      );
      yield* rows;
      if (rows.length < BLOCKS_AT_ONCE) return;
      last = rows.at(-1)!.number;
    }
  }

  /** The expression is that of close_blocks, and stands here too: who could change that function would not be found by it. */
  async eventHashes(partition: number, after: number, upTo: number): Promise<readonly EventHash[]> {
    return await this.#client.runIdempotent((sql) =>
      sql<
        EventHash[]
      >`select e.position, e.event_id as "eventId", pg_catalog.sha256(pg_catalog.record_send(row(e.position,
          e.partition, e.type, e.case_id, e.version, e.event_id, e.schema_version, e.occurred_at, e.recorded_at, e.data,
          e.metadata))) as hash
        from zaakstroom.events e where e.partition = ${partition} and e.position > ${after} and e.position <= ${upTo}
        order by e.position`
    );
  }

  async countAfter(partition: number, position: number): Promise<number> {
    const [row] = await this.#client.runIdempotent((sql) =>
      sql<[{ count: number }]>`select count(*)::int from zaakstroom.events
        where partition = ${partition} and position > ${position}`
    );
    return row.count;
  }
}

/**
 * Closes blocks of the partitions that a node leases, until the signal aborts. Between two rounds enough comes together for a
 * block, and what is in none yet stays young.
 */
export async function runHashChain(
  client: PostgresClient,
  { node, everyMs }: { readonly node: string; readonly everyMs: number },
  signal: AbortSignal,
): Promise<void> {
  await repeat(async () => await closeOwn(client, node) ? 0 : everyMs, signal);
}

/** Closes at most one block of each partition. True when one of them has more. */
async function closeOwn(client: PostgresClient, node: string): Promise<boolean> {
  const [row] = await client.run((sql) =>
    sql<[{ more: number }]>`select zaakstroom.close_blocks(array(
      select distinct l.partition from zaakstroom.leases l where l.owner = ${node}), ${BLOCK_POSITIONS}) as more`
  );
  return row.more > 0;
}
