/**
 * Prints what the index of a partition costs: µs a case to absorb, write, merge and find, bytes, memory, and how soon another
 * owner has it. Asserts nothing. `deno run --allow-all tests/performance/index_bench.ts [CASES] [--nats]`: in memory, or in a
 * stream of a nats-server that it starts.
 * @module
 */
import process from "node:process";
import { NatsClient } from "../../backends/nats/connection/client.ts";
import { KeyHasher } from "../../backends/nats/index/entry/key.ts";
import { PartitionIndex } from "../../backends/nats/index/partition_index.ts";
import type { IndexedLog } from "../../backends/nats/index/indexed_log.ts";
import type { IndexStore } from "../../backends/nats/index/store/index_store.ts";
import { indexStream } from "../../schema/nats/index_stream.ts";
import { JetStreamIndexStore } from "../../backends/nats/index/store/jetstream_index_store.ts";
import { type LogRecord, NO_CHANGES, type StoredRecord } from "../../backends/nats/journal/record/record.ts";
import { MemoryIndexStore } from "../support/index/memory_index_store.ts";
import { aHead } from "../support/nats_log/records.ts";
import { startNats, type TestNats } from "../support/servers/nats_server.ts";

const CASES = Number(Deno.args.find((arg) => /^\d+$/.test(arg)) ?? 1_000_000);
const CASES_PER_RECORD = 200;
/** As in a busy log of compressed records. */
const REST = new Uint8Array(100);
const FINDS = 5_000;
const TYPES = ["case.intake", "case.analysis", "case.decision", "case.completed"];
const TICKS_PER_SECOND = 100;

const hasher = new KeyHasher(crypto.getRandomValues(new Uint8Array(32)));
const caseIds = Array.from({ length: CASES }, () => crypto.randomUUID());

/** The records of some cases: the intake of each in one, the three events that follow in the next. */
function* recordsOf(from: number, to: number, sequence: number): Generator<StoredRecord<LogRecord>> {
  for (const [firstVersion, count] of [[1, 1], [2, 3]] as const) {
    const events = caseIds.slice(from, to).flatMap((caseId) =>
      Array.from({ length: count }, (_, index) => {
        const type = TYPES[firstVersion - 1 + index]!;
        return {
          index,
          version: firstVersion + index,
          eventId: crypto.randomUUID(),
          type,
          caseId,
          rest: REST,
        };
      })
    );
    const head = aHead({ nonce: `${sequence}`, recordedAt: Date.now() });
    yield { sequence, record: { kind: "record", head, changes: NO_CHANGES, events } };
    sequence++;
  }
}

/** A log that nothing is behind. */
const log: IndexedLog = {
  nonceAt: (sequence) => Promise.resolve(`${sequence}`),
  async *recordsBehind() {},
};

/** Processor time of a process, in µs. */
function cpuOf(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND * 1e6;
}

/** Processor time of this process, in µs. */
function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]) / 1024;
}

function print(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}

function quantile(values: readonly number[], q: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!.toFixed(3);
}

async function storeOn(server: TestNats): Promise<{ store: IndexStore; client: NatsClient }> {
  const client = await NatsClient.open({ url: server.url });
  const shape = {
    stream: "BENCH",
    prefix: "bench",
    partitions: 1,
    replicas: 1,
    leaseMs: 10_000,
    ingestBytes: -1,
  };
  const settings = indexStream({ ...shape, maxPayload: client.maxPayload });
  await client.manage(({ streams }) => streams.add(settings));
  return {
    store: new JetStreamIndexStore({ client, stream: settings.name, prefix: "bench", partition: 0 }),
    client,
  };
}

async function fill(index: PartitionIndex): Promise<void> {
  let [absorbUs, maintainUs, sequence] = [0, 0, 1];
  for (let from = 0; from < CASES; from += CASES_PER_RECORD) {
    const records = [...recordsOf(from, Math.min(CASES, from + CASES_PER_RECORD), sequence)];
    sequence += records.length;
    const begin = ownCpuUs();
    for (const record of records) index.absorb(record);
    const absorbed = ownCpuUs();
    absorbUs += absorbed - begin;
    if (!index.isFlushDue) continue;
    await index.maintain();
    maintainUs += ownCpuUs() - absorbed;
  }
  const perCase = (us: number) => (us / CASES).toFixed(2);
  print(
    `absorb ${perCase(absorbUs)} µs a case of 4 events in 2 records; levels and merges ${
      perCase(maintainUs)
    } µs`,
  );
  print(`runs ${index.runs.map(({ level, entries }) => `${level}:${entries}`).join(" ")}`);
}

async function findAll(index: PartitionIndex, name: string, idAt: (i: number) => string): Promise<void> {
  const times: number[] = [];
  const cpu = ownCpuUs();
  for (let i = 0; i < FINDS; i++) {
    const begin = performance.now();
    await index.find(idAt(i));
    times.push(performance.now() - begin);
  }
  const cpuUs = (ownCpuUs() - cpu) / FINDS;
  print(
    `find ${name}: p50 ${quantile(times, 0.5)} p99 ${quantile(times, 0.99)} ms, ${
      cpuUs.toFixed(1)
    } µs of ours`,
  );
}

async function run(store: IndexStore, server: TestNats | undefined): Promise<void> {
  const options = { store, log, hasher, writes: true };
  const index = await PartitionIndex.open(options);
  await index.claim(1);
  const serverCpu = server ? cpuOf(server.pid) : 0;
  await fill(index);
  if (server) {
    print(
      `server ${((cpuOf(server.pid) - serverCpu) / CASES).toFixed(2)} µs a case, ${
        residentMb(server.pid).toFixed(0)
      } MB`,
    );
  }
  if (store instanceof MemoryIndexStore) print(`stored ${(store.bytes / CASES).toFixed(1)} bytes a case`);
  print(
    `manifest ${(await store.readManifest())!.text.length} bytes, ours ${residentMb(Deno.pid).toFixed(0)} MB`,
  );
  await findAll(index, "in memory", (i) => caseIds[CASES - 1 - i % 500]!);
  await findAll(index, "in a run", () => caseIds[Math.floor(Math.random() * CASES / 2)]!);
  await findAll(index, "a new case", () => crypto.randomUUID());
  await index.flush();
  const begin = performance.now();
  const next = await PartitionIndex.open(options);
  await next.claim(2);
  const claimed = performance.now();
  await next.find(caseIds[0]!);
  const found = performance.now();
  await next.loadFilters();
  const filters = performance.now() - found;
  print(
    `takeover ${(claimed - begin).toFixed(1)} ms, first find ${(found - claimed).toFixed(1)} ms, filters ${
      filters.toFixed(1)
    } ms`,
  );
}

/** Of levels in memory: what a million cases that are not written yet would take. */
async function measureMemory(): Promise<void> {
  const limits = { levelEntries: Infinity, levelBytes: Infinity };
  const index = await PartitionIndex.open({
    store: new MemoryIndexStore(),
    log,
    hasher,
    writes: false,
    limits,
  });
  const measured = Math.min(CASES, 200_000);
  const records = [];
  for (let from = 0, sequence = 1; from < measured; from += CASES_PER_RECORD, sequence += 2) {
    records.push(...recordsOf(from, from + CASES_PER_RECORD, sequence));
  }
  const gc = (globalThis as unknown as { gc?: () => void }).gc;
  gc?.();
  const before = Deno.memoryUsage();
  for (const record of records) index.absorb(record);
  gc?.();
  const after = Deno.memoryUsage();
  const bytes = after.heapUsed + after.external - before.heapUsed - before.external;
  print(
    `level in memory ${(bytes / measured).toFixed(0)} bytes a case${
      gc ? "" : " (start with --v8-flags=--expose-gc)"
    }`,
  );
}

if (import.meta.main) {
  await measureMemory();
  if (!Deno.args.includes("--nats")) await run(new MemoryIndexStore(), undefined);
  else {
    await using server = await startNats({ syncAlways: false });
    const { store, client } = await storeOn(server);
    await run(store, server);
    await client.close();
  }
}
