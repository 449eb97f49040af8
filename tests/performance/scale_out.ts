/**
 * What nodes beyond the first one bring, and what it costs when they come and go: `deno task bench:scale-out`, on
 * PostgreSQL, and with `--nats` on JetStream. Each node is the real program in a process of its own with one worker. On a
 * machine with few cores the cores are the limit, not the store: what processes used is told, so that it can be seen.
 * @module
 */
import { processors } from "../../actors/processors/all.ts";
import type { Backend } from "../../backends/backend.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { feed } from "../../simulators/feed.ts";
import { listenerOn, usageOf } from "../../simulators/load/process_account.ts";
import { startNats } from "../support/nats_server.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { SeveralNodes } from "../support/several_nodes.ts";
import { appendAll, intakes, machineLine, print } from "./stage.ts";

const CASES = 8_000;
const NODES = 3;
const LEASE_MS = 2_000;
const ROUNDS = 3;

interface Place {
  readonly name: string;
  readonly url: string;
  readonly flags: readonly string[];
  open(): Promise<Backend>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function onPostgres(): Promise<Place> {
  const server = await startPostgres({ fsync: true });
  const url = await server.freshDatabase();
  return {
    name: "PostgreSQL",
    url,
    flags: ["--url", url, "--lease", `${LEASE_MS}ms`],
    open: () => openPostgres({ url }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function onJetStream(): Promise<Place> {
  const server = await startNats();
  const { url } = server;
  return {
    name: "JetStream",
    url,
    flags: ["--backend", "nats", "--url", url],
    open: () => openNats({ url, leaseMs: LEASE_MS }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function nodesOn(place: Place): Promise<SeveralNodes> {
  const backend = await place.open();
  const wanted = processors.length * backend.partitions;
  return new SeveralNodes(backend, [...place.flags, "--workers", "1"], wanted);
}

/** Nodes come first and wait, then the cases: so no start-up is in the time. Answers cases a second, and cores used. */
async function drain(
  place: Place,
  count: number,
  seed: string,
): Promise<{ perSecond: number; cores: number[] }> {
  await using nodes = await nodesOn(place);
  const programs = Array.from({ length: count }, (_, i) => nodes.start(`node-${i + 1}`));
  await nodes.untilFair(30_000);
  const server = await listenerOn(place.url);
  const pids = [...programs.map(({ pid }) => pid), ...(server === undefined ? [] : [server])];
  const used = () => Promise.all(pids.map(async (pid) => (await usageOf(pid))?.cpuSeconds ?? 0));
  const [before, began] = [await used(), performance.now()];
  await appendAll(nodes.backend, intakes(CASES, 500, seed));
  await nodes.untilDrained();
  const seconds = (await lastSettled(nodes.backend) - performance.timeOrigin - began) / 1000;
  const cores = (await used()).map((cpu, i) => Math.round((cpu - before[i]!) / seconds * 100) / 100);
  return { perSecond: CASES / seconds, cores };
}

/** When the last event was recorded, in milliseconds since 1970: health is asked now and then, the store knows. */
async function lastSettled(backend: Backend): Promise<number> {
  let last = 0;
  for await (const { recordedAt } of backend.readAll()) last = Math.max(last, recordedAt);
  return last;
}

async function tellGain(place: Place): Promise<void> {
  const rates = new Map<number, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (let count = 1; count <= NODES; count++) {
      const { perSecond, cores } = await drain(place, count, `scale-${place.name}-${round}-${count}`);
      rates.set(count, [...rates.get(count) ?? [], perSecond]);
      print(
        `  ${count} nodes: ${Math.round(perSecond)} cases/s end to end; cores used: ${
          cores.join(", ")
        } (server last)`,
      );
    }
  }
  const median = (count: number) => rates.get(count)!.sort((a, b) => a - b)[ROUNDS >> 1]!;
  for (let count = 2; count <= NODES; count++) {
    print(
      `${place.name}: ${count} nodes make ${
        (median(count) / median(1)).toFixed(2)
      } × of one (median of ${ROUNDS})`,
    );
  }
}

/** Joins, leaves and kills under a steady load, timed. */
async function tellChanges(place: Place): Promise<void> {
  await using nodes = await nodesOn(place);
  const stop = new AbortController();
  const fed = feed(nodes.backend, { seed: `changes-${place.name}`, perSecond: 100 }, stop.signal);
  try {
    const tell = (what: string, ms: number) => print(`  ${what}: ${(ms / 1000).toFixed(2)} s`);
    print(`${place.name}, lease ${LEASE_MS / 1000} s, 100 cases/s meanwhile:`);
    nodes.start("first");
    tell("one node, from its start until it holds everything", (await nodes.untilFair(60_000)).ms);
    for (const name of ["second", "third"]) {
      const program = nodes.start(name);
      await program.serving();
      tell(`the ${name} node, from ready until it holds its share`, (await nodes.untilFair(60_000)).ms);
    }
    tell("a node leaves, until its process has ended", (await nodes.stop("second")).ms);
    tell("then until the others hold what it held", (await nodes.untilFair(60_000)).ms);
    await nodes.kill9("first");
    tell("kill -9, until the last node holds everything", (await nodes.untilFair(60_000)).ms);
  } finally {
    stop.abort();
    await fed;
  }
}

if (import.meta.main) {
  print(machineLine());
  await using place = Deno.args.includes("--nats") ? await onJetStream() : await onPostgres();
  if (!Deno.args.includes("--changes")) await tellGain(place);
  await tellChanges(place);
}
