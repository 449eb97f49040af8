/** The leases of one node in the database. @module */
import {
  type AcquiredLease,
  type HeldLease,
  type Hosted,
  type LeaseKey,
  type LeaseOverview,
  type LeaseStore,
  type Liveness,
  WHOLE_PARTITION,
} from "../../mailbox/lease_store.ts";
import type { InFlightMark } from "../../mailbox/mailbox.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";

/** A processor that is hosted; without one, the lease of a partition that was taken. */
interface HostedRow {
  readonly partition: number;
  readonly epoch: number;
  readonly processor: string | null;
  readonly crashed: boolean;
  readonly in_flight: InFlightMark | null;
}

export class PostgresLeaseStore implements LeaseStore {
  readonly #client: PostgresClient;
  readonly node: string;
  readonly #leaseMs: number;
  readonly liveness: Liveness;
  /** False while this node was the only one alive when it last looked: then no other needs to be notified. */
  othersAlive = true;

  constructor(client: PostgresClient, node: string, leaseMs: number) {
    this.#client = client;
    this.node = node;
    this.#leaseMs = leaseMs;
    this.liveness = {
      store: "PostgreSQL",
      probe: (signal) => client.probe(signal),
      dropConnections: () => client.dropConnections(),
    };
  }

  async renew(processors: readonly string[], held: readonly HeldLease[]): Promise<readonly HeldLease[]> {
    const { partitions, scopes, epochs } = columnsOf(held);
    const rows = await this.#client.run((sql) =>
      sql<{ partition: number; scope: string; epoch: number }[]>`
        select * from zaakstroom.renew_leases(${this.node}, ${this.#leaseMs}, ${arrayOf(processors)}::text[],
          ${partitions}::smallint[], ${scopes}::text[], ${epochs}::bigint[])`
    );
    return rows.map(({ partition, scope, epoch }) => ({ key: { partition, scope }, epoch }));
  }

  async overview(): Promise<LeaseOverview> {
    const [overview] = await this.#client.run((sql) =>
      sql<[LeaseOverview]>`select * from zaakstroom.lease_overview(${this.#leaseMs})`
    );
    this.othersAlive = overview.nodes.some(({ node }) => node !== this.node);
    return overview;
  }

  async acquire(keys: readonly LeaseKey[], processors: readonly string[]): Promise<AcquiredLease[]> {
    const [whole, alone] = [keys.filter(isWhole), keys.filter((key) => !isWhole(key))];
    return [...await this.#takePartitions(whole, processors), ...await this.#takeAlone(alone)];
  }

  async #takePartitions(keys: readonly LeaseKey[], processors: readonly string[]): Promise<AcquiredLease[]> {
    if (keys.length === 0) return [];
    const partitions = arrayOf(keys.map(({ partition }) => partition));
    const rows = await this.#hosted((sql) =>
      sql<
        HostedRow[]
      >`select * from zaakstroom.take_leases(${this.node}, ${this.#leaseMs}, ${partitions}::smallint[],
        ${arrayOf(processors)}::text[])`
    );
    return leasesOf(rows);
  }

  async #takeAlone(keys: readonly LeaseKey[]): Promise<AcquiredLease[]> {
    if (keys.length === 0) return [];
    const partitions = arrayOf(keys.map(({ partition }) => partition));
    const rows = await this.#hosted((sql) =>
      sql<
        HostedRow[]
      >`select * from zaakstroom.take_alone(${this.node}, ${this.#leaseMs}, ${partitions}::smallint[],
        ${arrayOf(keys.map(({ scope }) => scope))}::text[])`
    );
    return rows.map((row) => {
      const key = { partition: row.partition, scope: row.processor! };
      return { key, epoch: row.epoch, hosted: [hostedOf(row)] };
    });
  }

  async join(held: readonly HeldLease[], processors: readonly string[]): Promise<AcquiredLease[]> {
    const { partitions, epochs } = columnsOf(held);
    return leasesOf(
      await this.#hosted((sql) =>
        sql<
          HostedRow[]
        >`select * from zaakstroom.join_leases(${this.node}, ${partitions}::smallint[], ${epochs}::bigint[],
          ${arrayOf(processors)}::text[])`
      ),
    );
  }

  #hosted(ask: (sql: Sql) => Promise<HostedRow[]>): Promise<HostedRow[]> {
    return this.#client.run(ask);
  }

  async clearMark({ key: { partition }, epoch }: HeldLease, processor: string): Promise<void> {
    await this.#client.run((sql) =>
      sql`select zaakstroom.mark_in_flight(${processor}, ${partition}::smallint, ${epoch}::bigint, null)`
    );
  }

  async release(
    { key: { scope, partition }, epoch }: HeldLease,
    processors: readonly string[],
  ): Promise<void> {
    await this.#client.run((sql) =>
      sql`select zaakstroom.release_lease(${partition}::smallint, ${scope}, ${epoch}::bigint,
        ${arrayOf(processors)}::text[])`
    );
  }

  async leave(): Promise<void> {
    await this.#client.run((sql) => sql`delete from zaakstroom.nodes where node = ${this.node}`);
  }
}

function isWhole({ scope }: LeaseKey): boolean {
  return scope === WHOLE_PARTITION;
}

function columnsOf(held: readonly HeldLease[]) {
  return {
    partitions: arrayOf(held.map(({ key }) => key.partition)),
    scopes: arrayOf(held.map(({ key }) => key.scope)),
    epochs: arrayOf(held.map(({ epoch }) => epoch)),
  };
}

/** The leases of partitions, each with the processors that it hosts. */
function leasesOf(rows: readonly HostedRow[]): AcquiredLease[] {
  return [...Map.groupBy(rows, ({ partition }) => partition)].map(([partition, rows]) => ({
    key: { partition, scope: WHOLE_PARTITION },
    epoch: rows[0]!.epoch,
    hosted: rows.filter(({ processor }) => processor !== null).map(hostedOf),
  }));
}

function hostedOf({ processor, crashed: isCrashed, in_flight: inFlight }: HostedRow): Hosted {
  const crashed = inFlight === null ? {} : { inFlight };
  return { processor: processor!, crashedOwner: isCrashed ? crashed : undefined };
}
