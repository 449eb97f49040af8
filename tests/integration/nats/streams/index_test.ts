/** The index of a partition on a real server: blocks, manifests that exclude each other, purges, and a crash of the server. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NatsClient } from "../../../../backends/nats/connection/client.ts";
import { IndexFenced, PartitionIndex } from "../../../../backends/nats/index/partition_index.ts";
import { indexStream } from "../../../../schema/nats/index_stream.ts";
import { JetStreamIndexStore } from "../../../../backends/nats/index/store/jetstream_index_store.ts";
import { CASES, IndexFixture } from "../../../support/index/index_fixture.ts";
import { assertIndex } from "../../../support/index/index_model.ts";
import { startNats, type TestNats } from "../../../support/servers/nats_server.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const LIMITS = { levelEntries: 6, mergedRuns: 3, blockBytes: 200, nearTimers: 10 };

/** An index that is kept in a stream. */
class StoredIndex extends IndexFixture implements AsyncDisposable {
  private constructor(readonly client: NatsClient, readonly stored: JetStreamIndexStore) {
    super();
  }

  static async create(url: string, stream: string): Promise<StoredIndex> {
    const client = await NatsClient.open({ url });
    const prefix = stream.toLowerCase();
    const shape = { stream, prefix, partitions: 4, replicas: 1, leaseMs: 10_000 };
    const settings = indexStream({ ...shape, maxPayload: client.maxPayload, ingestBytes: -1 });
    await client.manage(({ streams }) => streams.add(settings));
    const store = new JetStreamIndexStore({ client, stream: settings.name, prefix, partition: 2 });
    return new StoredIndex(client, store);
  }

  override open(writes = true): Promise<PartitionIndex> {
    const { stored: store, log, hasher } = this;
    return PartitionIndex.open({ store, log, hasher, writes, limits: LIMITS });
  }

  /** Records with a timer each, and what is written after them. */
  async appendMany(records: number): Promise<void> {
    for (let i = 0; i < records; i++) {
      const at = new Date(2_000 + i).toISOString();
      const named = { processor: "one", caseId: CASES[i % 5]!, name: `timer-${i % 3}` };
      const timers = [{ kind: "set", ...named, at, row: "" } as const];
      this.append([{ of: i % CASES.length, events: 1 + i % 3 }], { timers });
      await this.index.maintain();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

natsTest("runs are written, merged and purged in a stream, and another owner finds all of it", async () => {
  await using owner = await StoredIndex.create(server.url, "RUNS");
  await owner.takeOver();
  await owner.appendMany(40);
  const reader = await owner.open(false);
  await owner.appendMany(30);
  for await (const record of owner.log.recordsBehind(reader.state.last)) reader.absorb(record);
  await assertIndex(reader, owner.log);
  assert(owner.index.runs.some(({ level }) => level > 1), "runs of runs");
  assertEquals((await owner.stored.listRuns()).length, owner.index.runs.length);
  await owner.takeOver();
  await owner.index.loadFilters();
  await assertIndex(owner.index, owner.log);
});

natsTest("of two owners the one of before is fenced, and its run is removed", async () => {
  await using owner = await StoredIndex.create(server.url, "FENCED");
  await owner.takeOver();
  await owner.appendMany(10);
  const before = owner.index;
  await owner.takeOver();
  owner.append([{ of: 1, events: 2 }]);
  before.absorb(owner.log.records.at(-1)!);
  await assertRejects(() => before.flush(), IndexFenced);
  await owner.takeOver();
  assertEquals((await owner.stored.listRuns()).length, owner.index.runs.length);
  await assertIndex(owner.index, owner.log);
});

natsTest("after a crash of the server the index is what it was, and goes on", async () => {
  await using crashed = await startNats();
  await using owner = await StoredIndex.create(crashed.url, "CRASHED");
  await owner.takeOver();
  await owner.appendMany(12);
  const reconnected = Promise.withResolvers<void>();
  owner.client.onReconnect(() => reconnected.resolve());
  await crashed.kill9();
  await crashed.start();
  await reconnected.promise;
  await owner.appendMany(12);
  await assertIndex(owner.index, owner.log);
  await owner.takeOver();
  await assertIndex(owner.index, owner.log);
});
