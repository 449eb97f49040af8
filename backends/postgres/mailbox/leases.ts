/** Leases: which partitions of which processors this node may settle. @module */
import { BackendUnavailable } from "../../backend.ts";
import type { CrashedOwner, InFlightMark } from "../../mailbox/mailbox.ts";
import { type AvailabilityListener, delay, retryDelayMs } from "../../primitives/retry.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";

/** One lease, won under one epoch. */
export interface Lease {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  /** What the owner before left behind. */
  readonly crashedOwner: CrashedOwner | undefined;
  /** Aborts when the lease was lost or is to be handed over; then nothing more is read. */
  readonly ended: AbortController;
}

interface LeaseOptions {
  node: string;
  /** How long a lease runs without being renewed, in milliseconds of the store's clock. */
  leaseMs: number;
  /** Between two renewals. Default: a third of `leaseMs`. */
  renewMs?: number;
  /** Told when a round found the database away, and when one found it back: the only ones who ask while all is idle. */
  onAvailabilityChange: AvailabilityListener;
}

/** A row of `take_leases`. */
interface Taken {
  partition: number | null;
  epoch: number;
  share: number;
  partitions: number;
  abandoned: boolean;
  in_flight: InFlightMark | null;
}

/** Keeps the leases of a node: renews them, takes free ones up to a fair share, gives up what is above it. */
export class LeaseKeeper {
  readonly #held = new Map<string, Lease>();
  readonly #wanted = new Map<string, (lease: Lease) => void>();
  readonly #ended = new AbortController();
  readonly #client: PostgresClient;
  readonly #options: LeaseOptions;
  #soon = new AbortController();
  #keeping: Promise<void> | undefined;
  /** False while this node was the only one alive when last looked: then nobody else needs to be told anything. */
  othersAlive = true;

  constructor(client: PostgresClient, options: LeaseOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** From now on leases of this processor are taken and handed to `won`. */
  want(processor: string, won: (lease: Lease) => void): void {
    this.#wanted.set(processor, won);
    this.#soon.abort();
    this.#keeping ??= this.#keep();
  }

  /** No more leases of this processor. Those held live on until they are released. */
  unwant(processor: string): void {
    this.#wanted.delete(processor);
  }

  /** Gives one back. When the database is away it simply expires there. */
  async release(lease: Lease): Promise<void> {
    lease.ended.abort();
    if (this.#held.get(keyOf(lease)) !== lease) return;
    this.#held.delete(keyOf(lease));
    await this.#client.run((sql) =>
      sql`select zaakstroom.release_lease(${lease.processor}, ${lease.partition}::smallint, ${lease.epoch}::bigint)`
    ).catch(() => {});
  }

  async #keep(): Promise<void> {
    for (let failures = 0; !this.#ended.signal.aborted;) {
      this.#soon = new AbortController();
      try {
        await this.#round();
        if (failures > 0) this.#options.onAvailabilityChange(undefined);
        failures = 0;
      } catch (error) {
        failures++;
        if (error instanceof BackendUnavailable) this.#options.onAvailabilityChange(error);
      }
      const wait = failures > 0 ? retryDelayMs(failures) : this.#options.renewMs ?? this.#options.leaseMs / 3;
      await delay(wait, AbortSignal.any([this.#ended.signal, this.#soon.signal]));
    }
  }

  async #round(): Promise<void> {
    await this.#renew();
    for (const processor of [...this.#wanted.keys()]) await this.#take(processor);
  }

  async #renew(): Promise<void> {
    const { node, leaseMs } = this.#options;
    const column = (of: (lease: Lease) => string | number) => arrayOf([...this.#held.values()].map(of));
    const [processors, partitions, epochs] = [
      column(({ processor }) => processor),
      column(({ partition }) => partition),
      column(({ epoch }) => epoch),
    ];
    const rows = await this.#client.run((sql) =>
      sql<{ processor: string; partition: number; epoch: number }[]>`
        select * from zaakstroom.renew_leases(${node}, ${leaseMs}, ${processors}::text[], ${partitions}::smallint[],
          ${epochs}::bigint[])`
    );
    const alive = new Map(rows.map((row) => [keyOf(row), row.epoch]));
    for (const [key, lease] of this.#held) {
      if (alive.get(key) === lease.epoch) continue;
      this.#held.delete(key);
      lease.ended.abort();
    }
  }

  async #take(processor: string): Promise<void> {
    const { node, leaseMs } = this.#options;
    const held = [...this.#held.values()].filter((lease) => lease.processor === processor);
    const partitions = `{${held.map((lease) => lease.partition).join(",")}}`;
    const rows = await this.#client.run((sql) =>
      sql<Taken[]>`
        select t.*, (select partitions from zaakstroom.store) as partitions
        from zaakstroom.take_leases(${processor}, ${node}, ${leaseMs}, ${partitions}::smallint[]) t`
    );
    this.othersAlive = rows[0]!.share < rows[0]!.partitions;
    for (const row of rows) if (row.partition !== null) this.#won(processor, row.partition, row);
    this.#giveUp(held, rows[0]!.share);
  }

  #won(processor: string, partition: number, { epoch, abandoned, in_flight: inFlight }: Taken): void {
    const left = abandoned ? inFlight === null ? {} : { inFlight } : undefined;
    const lease: Lease = { processor, partition, epoch, crashedOwner: left, ended: new AbortController() };
    const won = this.#wanted.get(processor);
    this.#held.set(keyOf(lease), lease);
    if (won === undefined) this.release(lease);
    else won(lease);
  }

  /** Above its share a node hands leases over: reading stops now, and the lease is released once the last batch is settled. */
  #giveUp(held: readonly Lease[], share: number): void {
    const sorted = held.filter((lease) => !lease.ended.signal.aborted).sort((a, b) =>
      a.partition - b.partition
    );
    for (const lease of sorted.slice(share)) lease.ended.abort();
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#keeping;
    await Promise.all([...this.#held.values()].map((lease) => this.release(lease)));
    await this.#client.run((sql) => sql`delete from zaakstroom.nodes where node = ${this.#options.node}`)
      .catch(() => {});
  }
}

function keyOf({ processor, partition }: { processor: string; partition: number }): string {
  return `${processor}/${partition}`;
}
