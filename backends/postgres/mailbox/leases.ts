/** The leases of one node in the database. @module */
import type { AcquiredLease, HeldLease, LeaseStore, Liveness } from "../../mailbox/lease_store.ts";
import type { CrashedOwner, InFlightMark } from "../../mailbox/mailbox.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";

interface LeaseRow {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
}

/** A row of `take_leases`; without a partition when none was free. */
interface AcquiredRow {
  partition: number | null;
  epoch: number;
  share: number;
  partitions: number;
  crashed: boolean;
  in_flight: InFlightMark | null;
}

export class PostgresLeaseStore implements LeaseStore {
  readonly #client: PostgresClient;
  readonly #node: string;
  readonly #leaseMs: number;
  readonly liveness: Liveness;
  /** False while this node was the only one alive at the last acquisition: then no other needs to be notified. */
  othersAlive = true;

  constructor(client: PostgresClient, node: string, leaseMs: number) {
    this.#client = client;
    this.#node = node;
    this.#leaseMs = leaseMs;
    this.liveness = {
      store: "PostgreSQL",
      probe: (signal) => client.probe(signal),
      dropConnections: () => client.dropConnections(),
    };
  }

  async renew(held: readonly HeldLease[]): Promise<readonly HeldLease[]> {
    const column = (of: (lease: HeldLease) => string | number) => arrayOf(held.map(of));
    const [processors, partitions, epochs] = [
      column(({ key }) => key.scope),
      column(({ key }) => key.partition),
      column(({ epoch }) => epoch),
    ];
    const rows = await this.#client.run((sql) =>
      sql<LeaseRow[]>`
        select * from zaakstroom.renew_leases(${this.#node}, ${this.#leaseMs}, ${processors}::text[], ${partitions}::smallint[],
          ${epochs}::bigint[])`
    );
    return rows.map(({ processor: scope, partition, epoch }) => ({ key: { scope, partition }, epoch }));
  }

  async acquire(scope: string, held: readonly HeldLease[]) {
    const partitions = `{${held.map(({ key }) => key.partition).join(",")}}`;
    const rows = await this.#client.run((sql) =>
      sql<AcquiredRow[]>`
        select t.*, (select partitions from zaakstroom.store) as partitions
        from zaakstroom.take_leases(${scope}, ${this.#node}, ${this.#leaseMs}, ${partitions}::smallint[]) t`
    );
    const { share, partitions: total } = rows[0]!;
    this.othersAlive = share < total;
    return {
      leases: rows.flatMap((row) => row.partition === null ? [] : [leaseOf(scope, row.partition, row)]),
      share,
    };
  }

  async release({ key: { scope, partition }, epoch }: HeldLease): Promise<void> {
    await this.#client.run((sql) =>
      sql`select zaakstroom.release_lease(${scope}, ${partition}::smallint, ${epoch}::bigint)`
    );
  }

  async leave(): Promise<void> {
    await this.#client.run((sql) => sql`delete from zaakstroom.nodes where node = ${this.#node}`);
  }
}

function leaseOf(scope: string, partition: number, row: AcquiredRow): AcquiredLease {
  const { epoch, crashed: isCrashed, in_flight: inFlight } = row;
  const crashedOwner: CrashedOwner | undefined = isCrashed
    ? inFlight === null ? {} : { inFlight }
    : undefined;
  return { key: { scope, partition }, epoch, crashedOwner };
}
