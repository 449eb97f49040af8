/**
 * Throughput on NATS JetStream, as `deno task bench:nats` prints it, beside PostgreSQL in the same run: on one server that
 * syncs every two minutes (as a server does unless told otherwise), on one that syncs every write, and on a cluster of
 * three. Figures, no assertions. Arguments pick places (`default`, `always`, `cluster`, `postgres`) and figures (`appends`,
 * `settled`, `all`).
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { startNatsCluster } from "../support/servers/nats_cluster.ts";
import { startNats } from "../support/servers/nats_server.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import {
  appendAll,
  chooseFigures,
  describeMachine,
  type Figure,
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

async function jetStream(kind: "default" | "always" | "cluster"): Promise<Place> {
  const servers = kind === "cluster"
    ? await startNatsCluster()
    : await startNats({ syncAlways: kind === "always" });
  const replicas = kind === "cluster" ? 3 : 1;
  return {
    fresh: () => openNats({ url: servers.url, stream: `BENCH_${++made}`, replicas }),
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
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

function appends(place: Place, seed: string): Promise<number> {
  const batches = intakes(COUNT, 500, seed);
  return within(place, (backend) => timed(() => appendAll(backend, batches, AT_ONCE)));
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
  return {
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
