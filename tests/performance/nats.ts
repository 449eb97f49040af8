/**
 * Throughput on NATS JetStream, as `deno task bench:nats` prints it, beside PostgreSQL in the same run: on one server that
 * syncs every two minutes (as a server does unless told otherwise), on one that syncs every write, and on a cluster of
 * three. Figures, no assertions. Arguments pick places (`default`, `always`, `cluster`, `postgres`) and figures (`raw`,
 * `pull`, `loop`, `appends`, `settled`, `all`).
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { writeBatch } from "../../backends/nats/stream/atomic_publish.ts";
import { assignVersions } from "../../backends/nats/log/case_heads.ts";
import { pendingEventOf } from "../../backends/nats/stream/message.ts";
import { Subjects } from "../../schema/nats.ts";
import { NatsClient } from "../../backends/nats/connection/client.ts";
import { OrderedReader } from "../../backends/nats/stream/ordered_reader.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { startNatsCluster } from "../support/servers/nats_cluster.ts";
import { startNats } from "../support/servers/nats_server.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { handWrittenLoop } from "./nats_loop.ts";
import {
  appendAll,
  chooseFigures,
  describeMachine,
  type Figure,
  forEach,
  intake,
  intakes,
  measure,
  print,
  runAsNode,
  settleAllRate,
  settleRate,
} from "./bench.ts";

const COUNT = 30_000;
const AT_ONCE = 8;

/** Where stores are made, one for each round. */
interface Place extends AsyncDisposable {
  fresh(): Promise<Backend>;
}

let made = 0;

async function jetStream(kind: "default" | "always" | "cluster"): Promise<Place & { client: NatsClient }> {
  const servers = kind === "cluster"
    ? await startNatsCluster()
    : await startNats({ syncAlways: kind === "always" });
  const replicas = kind === "cluster" ? 3 : 1;
  const client = await NatsClient.open({ url: servers.url });
  return {
    client,
    fresh: () => openNats({ url: servers.url, stream: `BENCH_${++made}`, replicas }),
    async [Symbol.asyncDispose]() {
      await client.close();
      await servers[Symbol.asyncDispose]();
    },
  };
}

async function postgres(): Promise<Place> {
  const server = await startPostgres({ fsync: true });
  return {
    fresh: async () => await openPostgres({ url: await server.freshDatabase(), migrate: "apply" }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function within(place: Place, work: (backend: Backend) => Promise<number>): Promise<number> {
  const backend = await place.fresh();
  try {
    return await work(backend);
  } finally {
    await backend.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return COUNT / (performance.now() - began) * 1000;
}

/** Messages as large as events, in full atomic batches and without expectations: what the server itself can take. */
function rawBatches(place: Place & { client: NatsClient }): Promise<number> {
  return within(place, async (backend) => {
    const payload = JSON.stringify(intakes(1, 1, "raw")[0]![0]);
    const prefix = `bench_${made}`;
    const batch = (n: number) =>
      Array.from(
        { length: 1000 },
        (_, i) => ({ subject: `${prefix}.${i % 16}.intake.case-${n}-${i}`, payload }),
      );
    const numbers = Array.from({ length: COUNT / 1000 }, (_, n) => n);
    const rate = await timed(() => forEach(numbers, AT_ONCE, (n) => writeBatch(place.client, batch(n))));
    await backend.health();
    return rate;
  });
}

/** The messages of appends, in full atomic batches, made beforehand: what the server takes of them. */
function rawAppends(place: Place & { client: NatsClient }, seed: string): Promise<number> {
  const batches = intakes(COUNT, 1000, seed);
  return within(place, (backend) => {
    const subjects = new Subjects(`bench_${made}`);
    const writes = batches.map((events) => {
      const drafts = events.map((event) => pendingEventOf(event, backend.partitions));
      const newCase = { position: 0, version: 0, ids: [], since: 1 };
      return assignVersions(drafts, () => newCase, subjects, true).writes;
    });
    return timed(() => forEach(writes, AT_ONCE, (batch) => writeBatch(place.client, batch)));
  });
}

function appends(place: Place, seed: string): Promise<number> {
  const batches = intakes(COUNT, 500, seed);
  return within(place, (backend) => timed(() => appendAll(backend, batches, AT_ONCE)));
}

/** Every event of a store by one consumer. */
function rawPull(place: Place & { client: NatsClient }, seed: string): Promise<number> {
  return within(place, async (backend) => {
    await appendAll(backend, intakes(COUNT, 500, seed), AT_ONCE);
    const filters = [`bench_${made}.*.*.*`];
    const feed = new OrderedReader({ client: place.client, stream: `BENCH_${made}`, filters, after: 0 });
    let fetched = 0;
    const rate = await timed(async () => {
      while (fetched < COUNT) {
        await feed.fill(5_000, 8_000_000);
        fetched += feed.rawMessages.length;
        feed.dropUpTo(feed.position);
      }
    });
    await feed.close();
    return rate;
  });
}

/** What a loop by hand makes of the work that `settled` does through real processors. */
function loop(place: Place & { client: NatsClient }, seed: string): Promise<number> {
  return within(place, async (backend) => {
    await appendAll(backend, intakes(COUNT, 500, seed), AT_ONCE);
    const { partitions } = backend;
    const options = { client: place.client, stream: `BENCH_${made}`, prefix: `bench_${made}`, partitions };
    return await timed(() => handWrittenLoop(options));
  });
}

function settled(place: Place, seed: string): Promise<number> {
  return within(place, async (backend) => {
    await appendAll(backend, intakes(COUNT, 500, seed), AT_ONCE);
    return await settleRate(backend, intake, COUNT);
  });
}

function allSettled(place: Place, seed: string): Promise<number> {
  return within(place, async (backend) => {
    await appendAll(backend, intakes(COUNT / 2, 500, seed), AT_ONCE);
    return await settleAllRate(backend, COUNT / 2);
  });
}

let seeds = 0;
const seed = () => `bench-${seeds++}`;

function figures(place: Place): Record<string, Figure> {
  const raw = place as Place & { client: NatsClient };
  const ofServer: Record<string, Figure> = {
    raw: ["messages in atomic batches of 1,000", "messages/s", () => rawBatches(raw)],
    rawAppends: [
      "the messages of appends in atomic batches of 1,000",
      "messages/s",
      () => rawAppends(raw, seed()),
    ],
    pull: ["pulled by one consumer", "events/s", () => rawPull(raw, seed())],
    loop: ["settled by a loop by hand, no workers, nothing checked", "deliveries/s", () => loop(raw, seed())],
  };
  return {
    ..."client" in place ? ofServer : {},
    appends: ["appends, 500 at a time, 8 at once", "events/s", () => appends(place, seed())],
    settled: ["settled with one output each (intake)", "deliveries/s", () => settled(place, seed())],
    all: ["settled, all processors", "deliveries/s", () => allSettled(place, seed())],
  };
}

const places: Record<string, () => Promise<Place>> = {
  default: () => jetStream("default"),
  always: () => jetStream("always"),
  cluster: () => jetStream("cluster"),
  postgres,
};

async function benchmark(): Promise<void> {
  print(describeMachine());
  for (const name of chooseFigures(Object.keys(places))) {
    await using place = await places[name]!();
    const all = figures(place);
    for (const figure of chooseFigures(Object.keys(all))) {
      const [what, unit, round] = all[figure]!;
      await measure(`${name}: ${what}`, unit, round);
    }
  }
}

if (import.meta.main) await runAsNode(benchmark);
