/**
 * Throughput on PostgreSQL 18 with synchronous commit, as `deno task bench` prints it. Figures, no assertions: what a
 * machine does in a second is no property of the program.
 * @module
 */
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { startPostgres, type TestPostgres } from "../support/postgres_server.ts";
import {
  appendAll,
  asNode,
  intake,
  intakes,
  machineLine,
  measure,
  print,
  settleAllRate,
  settleRate,
} from "./stage.ts";

const COUNT = 60_000;

async function appendRate(server: TestPostgres, seed: string): Promise<number> {
  const batches = intakes(COUNT, 500, seed);
  await using store = await freshStore(server);
  const began = performance.now();
  await appendAll(store.backend, batches);
  return COUNT / (performance.now() - began) * 1000;
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

async function freshStore(server: TestPostgres) {
  const backend = await openPostgres({ url: await server.freshDatabase() });
  return { backend, [Symbol.asyncDispose]: () => backend.close() };
}

async function benchmark(): Promise<void> {
  print(machineLine());
  await using server = await startPostgres({ fsync: true });
  let seed = 0;
  const next = () => `bench-${seed++}`;
  await measure("appends, 500 at a time, 4 at once", "events/s", () => appendRate(server, next()));
  await measure("settled with one output each (intake)", "deliveries/s", () => oneProcessor(server, next()));
  await measure("settled, all processors", "deliveries/s", () => allProcessors(server, next()));
}

if (import.meta.main) await asNode(benchmark);
