/**
 * What nodes beyond the first one bring, and what it costs when they come and go: `deno task bench:scale-out`, on
 * PostgreSQL, and with `--nats` on JetStream. Each node is the real program in a process of its own with one worker. On a
 * machine with few cores the cores are the limit, not the store: what processes used is told, so that it can be seen. With
 * `--share 0.15` (Linux, as root) each node may use so much of a core, as if it had a small machine of its own.
 * @module
 */
import { processors } from "../../actors/application.ts";
import type { Backend } from "../../backends/backend.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { appendGeneratedCases } from "../../simulators/load/case_feed.ts";
import { listenerOn, usageOf } from "../../simulators/load/process_usage.ts";
import { startNats } from "../support/servers/nats_server.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { NodeGroup } from "../support/node_group.ts";
import { CpuShares } from "./cpu_share.ts";
import { appendAll, describeMachine, intakes, print } from "./bench.ts";

const CASES = 8_000;
/** Before them so many, until the code is compiled. */
const WARMING_CASES = 4_000;
const NODES = 4;
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
    open: () => openPostgres({ url, migrate: "apply" }),
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

async function nodesOn(place: Place): Promise<NodeGroup> {
  const backend = await place.open();
  const wanted = processors.length * backend.partitions;
  return new NodeGroup(backend, [...place.flags, "--workers", "1"], wanted);
}

/**
 * Nodes come first, warm up and wait, then come the cases: so no start-up is in the time. The cases are of today, so that
 * no timer fires. Answers cases a second, and cores used.
 */
async function drain(
  open: () => Promise<Place>,
  count: number,
  { seed, share }: { seed: string; share: number | undefined },
): Promise<{ perSecond: number; cores: number[] }> {
  await using place = await open();
  using shares = share === undefined ? undefined : new CpuShares(share);
  await using nodes = await nodesOn(place);
  const programs = Array.from({ length: count }, (_, i) => nodes.start(`node-${i + 1}`));
  await nodes.waitUntilFair(30_000);
  const feedIn = async (cases: number, what: string) => {
    await appendAll(nodes.backend, intakes(cases, 500, `${seed}-${what}`, new Date().toISOString()));
    await nodes.waitUntilDrained();
  };
  await feedIn(WARMING_CASES, "warming");
  for (const { pid } of programs) shares?.bound(pid);
  const server = await listenerOn(place.url);
  const pids = [...programs.map(({ pid }) => pid), ...(server === undefined ? [] : [server])];
  const used = () => Promise.all(pids.map(async (pid) => (await usageOf(pid))?.cpuSeconds ?? 0));
  const [before, began] = [await used(), performance.now()];
  await feedIn(CASES, "measured");
  const after = await used();
  const seconds = (await lastSettled(nodes.backend) - performance.timeOrigin - began) / 1000;
  const cores = after.map((cpu, i) => Math.round((cpu - before[i]!) / seconds * 100) / 100);
  return { perSecond: CASES / seconds, cores };
}

/** When the last event was recorded, in milliseconds since 1970: health is asked now and then, the store knows. */
async function lastSettled(backend: Backend): Promise<number> {
  let last = 0;
  for await (const { recordedAt } of backend.readAll()) last = Math.max(last, recordedAt);
  return last;
}

async function printGain(open: () => Promise<Place>, share: number | undefined): Promise<void> {
  const rates = new Map<number, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (let count = 1; count <= NODES; count++) {
      const { perSecond, cores } = await drain(open, count, { seed: `scale-${round}-${count}`, share });
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
      `${count} nodes make ${(median(count) / median(1)).toFixed(2)} × of one (median of ${ROUNDS})`,
    );
  }
}

/** Joins, leaves and kills under a steady load, timed. */
async function printChanges(open: () => Promise<Place>): Promise<void> {
  await using place = await open();
  await using nodes = await nodesOn(place);
  const stop = new AbortController();
  const fed = appendGeneratedCases(
    nodes.backend,
    { seed: `changes-${place.name}`, perSecond: 100 },
    stop.signal,
  );
  try {
    const report = (what: string, ms: number) => print(`  ${what}: ${(ms / 1000).toFixed(2)} s`);
    print(`${place.name}, lease ${LEASE_MS / 1000} s, 100 cases/s meanwhile:`);
    nodes.start("first");
    report("one node, from its start until it holds everything", (await nodes.waitUntilFair(60_000)).ms);
    for (const name of ["second", "third"]) {
      const program = nodes.start(name);
      await program.serving();
      report(`the ${name} node, from ready until it holds its share`, (await nodes.waitUntilFair(60_000)).ms);
    }
    report("a node leaves, until its process has ended", (await nodes.stop("second")).ms);
    report("then until the others hold what it held", (await nodes.waitUntilFair(60_000)).ms);
    await nodes.kill9("first");
    report("kill -9, until the last node holds everything", (await nodes.waitUntilFair(60_000)).ms);
  } finally {
    stop.abort();
    await fed;
  }
}

/** The share of a core for each node; undefined when none is asked for. Ends the program when it can't be given. */
function shareAsked(args: readonly string[]): number | undefined {
  const at = args.indexOf("--share");
  if (at < 0) return undefined;
  const share = Number(args[at + 1]);
  if (share >= 0.05 && share <= 1 && CpuShares.areThere()) return share;
  print(
    CpuShares.areThere()
      ? `--share: ${args[at + 1] ?? "nothing"} is no share of a core: give a number from 0.05 to 1`
      : "--share: this machine lets us make no control groups: use Linux, as root, or leave it out",
  );
  Deno.exit(2);
}

if (import.meta.main) {
  print(describeMachine());
  const open = Deno.args.includes("--nats") ? onJetStream : onPostgres;
  const share = shareAsked(Deno.args);
  if (!Deno.args.includes("--changes")) await printGain(open, share);
  if (share === undefined) await printChanges(open);
}
