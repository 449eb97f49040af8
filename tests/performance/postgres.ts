/**
 * Throughput on PostgreSQL 18 with synchronous commit, as `deno task bench` prints it, or `deno task bench settled loop`
 * those that are named. Figures, no assertions: what a machine does in a second is no property of the program.
 * @module
 */
import postgres from "postgres";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { startPostgres, type TestPostgres } from "../support/servers/postgres_server.ts";
import { loopByHand, rawInserts, rawRate } from "./postgres_loop.ts";
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

const COUNT = 60_000;

async function appendRate(server: TestPostgres, seed: string): Promise<number> {
  const batches = intakes(COUNT, 500, seed);
  await using store = await freshStore(server);
  const began = performance.now();
  await appendAll(store.backend, batches);
  return COUNT / (performance.now() - began) * 1000;
}

async function rawInsertRate(
  server: TestPostgres,
  insert: keyof typeof rawInserts,
  seed: string,
): Promise<number> {
  const batches = intakes(COUNT, 500, seed);
  const url = await server.freshDatabase();
  const { partitions } = await openAndClose(url);
  const sql = postgres(url, { max: 4, onnotice: () => {} });
  try {
    return await rawRate(sql, rawInserts[insert], batches, partitions);
  } finally {
    await sql.end();
  }
}

async function byHand(server: TestPostgres, seed: string): Promise<number> {
  await using store = await freshStore(server);
  await appendAll(store.backend, intakes(COUNT, 500, seed));
  return await loopByHand(store.backend, COUNT);
}

async function oneProcessor(server: TestPostgres, seed: string): Promise<number> {
  await using store = await freshStore(server);
  await appendAll(store.backend, intakes(COUNT, 500, seed));
  return await settleRate(store.backend, intake, COUNT);
}

async function allProcessors(server: TestPostgres, seed: string): Promise<number> {
  await using store = await freshStore(server);
  await appendAll(store.backend, intakes(COUNT / 3, 500, seed));
  return await settleAllRate(store.backend, COUNT / 3);
}

/** Makes the store's tables. */
async function openAndClose(url: string) {
  const backend = await openPostgres({ url, migrate: "apply" });
  await backend.close();
  return backend;
}

async function freshStore(server: TestPostgres) {
  const backend = await openPostgres({ url: await server.freshDatabase(), migrate: "apply" });
  return { backend, [Symbol.asyncDispose]: () => backend.close() };
}

async function benchmark(): Promise<void> {
  print(describeMachine());
  await using server = await startPostgres({ fsync: true });
  let seed = 0;
  const next = () => `bench-${seed++}`;
  const figures: Record<string, Figure> = {
    appends: ["appends, 500 at a time, 4 at once", "events/s", () => appendRate(server, next())],
    raw: ["the same rows by a raw insert", "rows/s", () => rawInsertRate(server, "byStatement", next())],
    copy: ["the same rows by a raw COPY", "rows/s", () => rawInsertRate(server, "byCopy", next())],
    settled: ["settled with one output each (intake)", "deliveries/s", () => oneProcessor(server, next())],
    loop: [
      "settled by a loop by hand, no workers, nothing checked",
      "deliveries/s",
      () => byHand(server, next()),
    ],
    all: ["settled, all processors", "deliveries/s", () => allProcessors(server, next())],
  };
  for (const figure of chooseFigures(Object.keys(figures))) await measure(...figures[figure]!);
}

if (import.meta.main) await runAsNode(benchmark);
