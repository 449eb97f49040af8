/**
 * How soon leases of a node that is gone are taken: measured by the times at which the server stored what the nodes wrote,
 * so that it does not matter when anybody looked. @module
 */
import { assert, assertEquals } from "@std/assert";
import { connect, type NatsConnection } from "@nats-io/transport-deno";
import type { Backend } from "../../backends/backend.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { natsTest } from "../support/servers/requires_nats.ts";
import { startNats } from "../support/servers/nats_server.ts";
import { CheckpointReader, readLeases } from "../support/nats_store_check.ts";

const LEASE_MS = 2_000;
/** Beyond the time that a lease runs, until another node has its mailbox. */
const TAKEOVER_MS = 500;
const TICK_MS = 25;
/** As late as a timer is on a machine at rest. */
const AT_REST_MS = 5;
const PARTITIONS = 16;
const PROCESSOR = { name: "intake", version: 1, takes: ["case.intake"] };

/** Adds up by how much timers of this process are late, from its making until it is disposed of: both nodes run in it. */
class Lateness implements Disposable {
  ms = 0;
  #expected = performance.now() + TICK_MS;
  readonly #timer = setInterval(() => {
    this.ms += Math.max(0, performance.now() - this.#expected - AT_REST_MS);
    this.#expected = performance.now() + TICK_MS;
  }, TICK_MS);

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Takes mailboxes until the signal aborts, and does nothing with them. Resolves once it has so many. */
async function take(backend: Backend, count: number, signal: AbortSignal): Promise<void> {
  const enough = Promise.withResolvers<void>();
  void (async () => {
    let acquired = 0;
    for await (const _ of backend.mailboxes(PROCESSOR, signal)) if (++acquired === count) enough.resolve();
  })();
  await enough.promise;
}

/** The moment at which each mailbox was last written to by a node, by partition. */
async function takenBy(connection: NatsConnection, owner: string): Promise<Map<number, number>> {
  const all = await new CheckpointReader(connection).read();
  return new Map(
    all.filter((each) => each.owner === owner).map(({ partition, storedAt }) => [partition, storedAt]),
  );
}

natsTest(
  "every lease that is not renewed is with another node within half a second of its end (I5)",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const store = { url: server.url, partitions: PARTITIONS, leaseMs: LEASE_MS };
    const gone = await openNats({ ...store, node: "gone", renewMs: 1e8 });
    const heir = await openNats({ ...store, node: "heir" });
    const connection = await connect({ servers: server.url });
    const stop = new AbortController();
    try {
      await take(gone, PARTITIONS, stop.signal);
      const leases = await readLeases(connection);
      assertEquals(leases.map(({ node }) => node), Array(PARTITIONS).fill("gone"));
      using late = new Lateness();
      await take(heir, PARTITIONS, stop.signal);
      const taken = await takenBy(connection, "heir");
      const waits = leases.map(({ partition, storedAt }) => taken.get(partition)! - storedAt);
      const reported = `from the last renewal until the mailbox was taken: ${
        waits.join(", ")
      } ms, ${late.ms} ms late`;
      assert(waits.every((wait) => wait <= LEASE_MS + TAKEOVER_MS + late.ms), reported);
    } finally {
      stop.abort();
      await Promise.all([gone.close(), heir.close()]);
      await connection.close();
    }
  },
);
