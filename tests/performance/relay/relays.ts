/**
 * What a relay and a stream of changes bring out: `deno task bench:relays [latency|throughput|changes]`. Each beside the same by hand, in
 * turns: an append and a publish; messages, lines and requests without a log. Figures, no assertions.
 * @module
 */
import { connect, headers, type NatsConnection } from "@nats-io/transport-deno";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Relay } from "../../../actors/relay/relay.ts";
import type { Backend } from "../../../backends/backend.ts";
import { StreamTarget } from "../../../backends/nats/relay/stream_target.ts";
import { ChangeFile } from "../../../backends/relay/changes/change_sink.ts";
import { streamChanges } from "../../../backends/postgres/cdc/stream_changes.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { HttpTarget } from "../../../backends/relay/http_target.ts";
import { NdjsonFile } from "../../../backends/relay/ndjson_target.ts";
import type { RelayTarget } from "../../../backends/relay/target.ts";
import { maskRows, tableNames } from "../../../console/commands/cdc/mask_row.ts";
import { outgoing } from "../../../console/relay/shown_event.ts";
import { defaultNames } from "../../../schema/cloudevents/event_names.ts";
import { allEventTypes } from "../../../schema/events.ts";
import { usageOf } from "../../../simulators/load/process_usage.ts";
import { Program } from "../../support/program.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { appendAll, chooseFigures, describeMachine, intakes, print, runAsNode } from "../bench.ts";

const [EVENTS, ROUNDS, LATENCIES, PAGE] = [20_000, 5, 150, 500];

await runAsNode(async () => {
  await using server = await startPostgres();
  await server.administer("alter system set wal_level = logical");
  await server.stopFast();
  await server.start();
  await using nats = await startNats({ syncAlways: false });
  const figures = { latency: measureLatency, throughput: measureThroughput, changes: measureChanges };
  for (const name of chooseFigures(Object.keys(figures))) {
    print(`\n${name}: ${describeMachine()}`);
    await figures[name as keyof typeof figures](server, nats);
  }
});

/** From the call of an append until a subscriber has the event: by a relay in a process of its own, and by hand. */
async function measureLatency(server: TestPostgres, nats: TestNats): Promise<void> {
  const [relayed, plain] = [await server.freshStore(), await server.freshStore()];
  const [source, other] = [await openPostgres({ url: relayed }), await openPostgres({ url: plain })];
  const connection = await connect({ servers: nats.url });
  const { streams } = await jetstreamManager(connection);
  await streams.add({ name: "HAND", subjects: ["hand.intake"] });
  const args = ["relay", "--to", nats.url, "--stream", "SEEN", "--prefix", "seen", "--url", relayed];
  await using _relay = Program.start(args);
  const events = intakes(2 * LATENCIES + 1, 1, "latency").flat();
  const publisher = jetstream(connection);
  await timeUntilSeen(connection, "seen.intake", () => source.append([events.pop()!]));
  const times: Record<"relay" | "hand", number[]> = { relay: [], hand: [] };
  for (let n = 0; n < LATENCIES; n++) {
    const [one, two] = [events.pop()!, events.pop()!];
    times.relay.push(await timeUntilSeen(connection, "seen.intake", () => source.append([one])));
    times.hand.push(
      await timeUntilSeen(connection, "hand.intake", async () => {
        await other.append([two]);
        await publisher.publish("hand.intake", JSON.stringify(two));
      }),
    );
  }
  for (const [way, ms] of Object.entries(times)) print(`${way.padEnd(8)} ${spread(ms)} ms`);
  print(`ratio of the medians: ${(median(times.relay) / median(times.hand)).toFixed(2)}, wanted at most 1.5`);
  await Promise.all([source.close(), other.close(), connection.close()]);
}

async function timeUntilSeen(
  connection: NatsConnection,
  subject: string,
  act: () => Promise<unknown>,
): Promise<number> {
  const seen = Promise.withResolvers<number>();
  const subscription = connection.subscribe(subject, { callback: () => seen.resolve(performance.now()) });
  await connection.flush();
  const began = performance.now();
  await act();
  const at = await seen.promise;
  subscription.unsubscribe();
  return at - began;
}

/** Events a second out of a store, and of the same bodies into the same kind of target by hand. */
async function measureThroughput(server: TestPostgres, nats: TestNats): Promise<void> {
  const source = await openPostgres({ url: await server.freshStore() });
  await appendAll(source, intakes(EVENTS, PAGE, "throughput"));
  const folder = await Deno.makeTempDir();
  const endpoint = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    await request.body?.pipeTo(new WritableStream());
    return new Response(null, { status: 204 });
  });
  const url = `http://127.0.0.1:${endpoint.addr.port}/`;
  const pages = await pagesOf(source);
  const stream = (n: number) => ({ url: nats.url, stream: `RATE_${n}`, prefix: `rate${n}` });
  const { partitions } = source;
  const ways: Record<string, [relay: (n: number) => RelayTarget, hand: (n: number) => Promise<void>]> = {
    stream: [
      (n) =>
        new StreamTarget({ ...stream(n), types: allEventTypes, mode: "structured", writer: "w", partitions }),
      (n) => publishByHand(nats.url, n, pages),
    ],
    file: [(n) => new NdjsonFile(`${folder}/${n}`), (n) => writeByHand(`${folder}/hand-${n}`, pages)],
    endpoint: [() => new HttpTarget({ url, mode: "batch" }), () => postByHand(url, pages)],
  };
  for (const [name, [target, byHand]] of Object.entries(ways)) {
    await compareRates(name, (n) => relayAll(source, target(n), `${name}-${n}`), byHand);
  }
  await Promise.all([source.close(), endpoint.shutdown(), Deno.remove(folder, { recursive: true })]);
}

async function compareRates(
  name: string,
  relay: (n: number) => Promise<void>,
  byHand: (n: number) => Promise<void>,
): Promise<void> {
  const rates: Record<"relay" | "hand", number[]> = { relay: [], hand: [] };
  let cpu = 0;
  for (let n = 0; n < ROUNDS; n++) {
    const before = await cpuSeconds();
    rates.relay.push(await rateOf(() => relay(n)));
    cpu += await cpuSeconds() - before;
    rates.hand.push(await rateOf(() => byHand(n)));
  }
  const ratio = median(rates.relay) / median(rates.hand);
  const microseconds = cpu / ROUNDS / EVENTS * 1e6;
  print(
    `${name.padEnd(9)} relay ${spread(rates.relay)}, by hand ${spread(rates.hand)} events/s: ` +
      `${ratio.toFixed(2)}, wanted at least 0.5; ${microseconds.toFixed(0)} µs CPU an event of a relay`,
  );
}

async function rateOf(act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return EVENTS / (performance.now() - began) * 1_000;
}

async function relayAll(source: Backend, target: RelayTarget, name: string): Promise<void> {
  const relay = new Relay(source, { name, to: name, owner: "bench", target, shown: outgoing(defaultNames) });
  while (await relay.step() === "moved");
  await relay.close();
}

/** Bodies that are made before the clock starts, a page of them at a time. */
async function pagesOf(source: Backend): Promise<string[][]> {
  const shown = outgoing(defaultNames);
  const bodies = (await Array.fromAsync(source.readAll())).map((stored) => JSON.stringify(shown(stored)));
  return Array.from({ length: bodies.length / PAGE }, (_, i) => bodies.slice(i * PAGE, (i + 1) * PAGE));
}

/** One after the other under the expected sequence, and the answer to the last of a page. */
async function publishByHand(url: string, n: number, pages: readonly string[][]): Promise<void> {
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  await streams.add({ name: `HAND_${n}`, subjects: [`hand${n}.>`] });
  let sequence = 0;
  for (const page of pages) {
    for (const [i, body] of page.entries()) {
      const set = headers();
      set.set("Nats-Expected-Last-Sequence", String(sequence++));
      if (i < page.length - 1) connection.publish(`hand${n}.intake`, body, { headers: set });
      else await connection.request(`hand${n}.intake`, body, { headers: set, timeout: 30_000 });
    }
  }
  await connection.close();
}

async function writeByHand(path: string, pages: readonly string[][]): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (const page of pages) {
    const bytes = new TextEncoder().encode(page.map((body) => `${body}\n`).join(""));
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.syncData();
  }
}

async function postByHand(url: string, pages: readonly string[][]): Promise<void> {
  const BATCH = 100;
  for (const page of pages) {
    for (let at = 0; at < page.length; at += BATCH) {
      const body = `[${page.slice(at, at + BATCH).join(",")}]`;
      const answer = await fetch(url, { method: "POST", body });
      await answer.body?.cancel();
    }
  }
}

/** Rows a second of a snapshot, and of a log that was written while nobody read it; as `cdc start` masks and writes them. */
async function measureChanges(server: TestPostgres): Promise<void> {
  const folder = await Deno.makeTempDir();
  const rates: Record<string, number[]> = { snapshot: [], stream: [] };
  const cpu: Record<string, number> = { snapshot: 0, stream: 0 };
  for (let n = 0; n < ROUNDS; n++) {
    const url = await server.freshStore();
    const backend = await openPostgres({ url });
    await appendAll(backend, intakes(EVENTS, PAGE, `first-${n}`));
    const stream = () => changesInto(url, `${folder}/${n}`, `bench_${n}`);
    for (const part of ["snapshot", "stream"]) {
      if (part === "stream") await appendAll(backend, intakes(EVENTS, PAGE, `second-${n}`));
      const before = await cpuSeconds();
      rates[part]!.push(await rateOf(stream));
      cpu[part]! += await cpuSeconds() - before;
    }
    await backend.close();
    await server.administer(`select pg_drop_replication_slot('bench_${n}')`, url);
  }
  for (const [part, of] of Object.entries(rates)) {
    const microseconds = cpu[part]! / ROUNDS / EVENTS * 1e6;
    print(`${part.padEnd(9)} ${spread(of)} rows/s, wanted 50,000; ${microseconds.toFixed(0)} µs CPU a row`);
  }
  await Deno.remove(folder, { recursive: true });
}

async function changesInto(url: string, path: string, slot: string): Promise<void> {
  await streamChanges({
    ...{ target: { url }, slot, sink: new ChangeFile(path), takesSnapshot: true, untilIdle: true },
    tables: tableNames(["zaakstroom.events"]),
    origin: { version: "bench", name: "bench", database: "bench" },
    mask: maskRows([]),
    outboxes: [],
    heartbeatMs: 10_000,
    signal: new AbortController().signal,
    onNotice() {},
  });
}

async function cpuSeconds(): Promise<number> {
  return (await usageOf(Deno.pid))?.cpuSeconds ?? 0;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function spread(values: readonly number[]): string {
  const digits = median(values) < 100 ? 1 : 0;
  const text = (value: number) => value.toLocaleString("en-GB", { maximumFractionDigits: digits });
  return `${text(median(values))} (${text(Math.min(...values))} … ${text(Math.max(...values))})`;
}
