/** A cluster of three loses its leader, a member, and each member in turn, under load: nothing is lost, repeated or out of order. @module */
import { assert, assertEquals } from "@std/assert";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { setUpNats } from "../../../backends/nats/setup/options.ts";
import { retryWhileUnavailable } from "../../../backends/primitives/retry.ts";
import { consumeAll, DeliveryLog } from "../../conformance/delivery_log.ts";
import { anEvent } from "../../support/events.ts";
import { FanOutNode } from "../../support/fan_out/fan_out_node.ts";
import { EventsStream, readFannedOut } from "../../support/fan_out/subscribers.ts";
import { startNatsCluster, type TestCluster } from "../../support/servers/nats_cluster.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

const CASES = 20;
const STREAM = "CASES_log";

/** Load that goes on until it is ended, and the account of it. */
class Load {
  readonly log = new DeliveryLog();
  readonly ids: string[] = [];
  outages = 0;
  readonly noticed = (error: unknown) => void (error && this.outages++);
  #n = 0;

  static async during(cluster: TestCluster, disturb: (load: Load) => Promise<void>): Promise<void> {
    const load = new Load();
    const stop = new AbortController();
    const backend = await openNats({
      url: cluster.url,
      replicas: 3,
      partitions: 4,
      batchSize: 50,
      deadlineMs: 1_000,
      onAvailabilityChange: load.noticed,
      fanOut: {},
    });
    const fanOut = backend.fanOut!.run(stop.signal);
    const consuming = consumeAll(backend, load.log, stop.signal);
    let over = false;
    const publishing = (async () => {
      while (!over) {
        await load.#publish((events) =>
          retryWhileUnavailable(() => backend.append(events), stop.signal, load.noticed)
        );
      }
    })();
    await load.goesOn();
    await disturb(load);
    await load.goesOn();
    over = true;
    await publishing;
    await until(() => load.log.done.length >= load.ids.length);
    const read = () => Array.fromAsync(backend.readAll({ types: ["case.analysis"] }));
    const outputs = await retryWhileUnavailable(read, stop.signal);
    const stored = await retryWhileUnavailable(() => Array.fromAsync(backend.readAll()), stop.signal);
    await cluster.settled("CASES_events");
    const copied = await readFannedOut(cluster.url, stored.length);
    stop.abort();
    await Promise.all([consuming, fanOut]);
    await backend.close();
    load.log.assertOnceInOrder(load.ids);
    assertEquals(copied.map(({ id }) => id), stored.map(({ event }) => event.event_id));
    assertEquals(outputs.length, load.ids.length, "one output each");
    assertEquals(new Set(outputs.map(({ event }) => event.event_id)).size, load.ids.length);
  }

  async #publish(append: (events: ReturnType<typeof anEvent>[]) => Promise<unknown>): Promise<void> {
    const n = ++this.#n;
    const events = Array.from({ length: CASES }, (_, i) => anEvent(`case-${i}`, n));
    await append(events);
    this.ids.push(...events.map(({ event_id }) => event_id));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Resolves when more than what was there at the call has been settled. */
  async goesOn(): Promise<void> {
    const before = this.log.done.length;
    await until(() => this.log.done.length > before + 5 * CASES);
  }
}

/** Looks every few milliseconds; the test's own time limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

natsTest(
  "kill -9 of the stream's leader under load: another one leads, and all is settled once and in order (I1, I2, I3)",
  async () => {
    await using cluster = await startNatsCluster();
    await Load.during(cluster, async (load) => {
      const { server, name } = await cluster.leaderOf(STREAM);
      await server.kill9();
      await load.goesOn();
      assert((await cluster.leaderOf(STREAM)).name !== name, "Another member leads");
      await server.start();
      await cluster.settled(STREAM);
      assert(load.outages > 0, "The leader was away while it was needed");
    });
  },
);

natsTest(
  "each member is stopped and started again in turn, under load: all is settled once and in order (I1, I2, I3)",
  async () => {
    await using cluster = await startNatsCluster();
    await Load.during(cluster, async (load) => {
      for (const { server } of cluster.members) {
        await server.stop();
        await load.goesOn();
        await server.start();
        await cluster.settled(STREAM);
      }
    });
  },
);

natsTest("a store that gets replicas goes on with the next event in the stream for others", async () => {
  await using cluster = await startNatsCluster();
  const store = { url: cluster.url, partitions: 1 };
  const append = async (n: number, node: FanOutNode) => {
    await node.backend.append([anEvent("a", n), anEvent("a", n + 1)]);
  };
  {
    await using node = await FanOutNode.open(store);
    await append(1, node);
    await readFannedOut(cluster.url, 2);
  }
  await setUpNats({ ...store, replicas: 3 }, true, { hasFanOut: true });
  await using node = await FanOutNode.open(store);
  await append(3, node);
  const copied = await readFannedOut(cluster.url, 2);
  assertEquals(copied.map(({ sequence, version }) => [sequence, version]), [[1, 3], [2, 4]]);
  await using events = await EventsStream.open(cluster.url);
  assertEquals((await events.config()).num_replicas, 3);
});
