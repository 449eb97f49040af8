/**
 * Passes beside the plain way on PostgreSQL, in turns: `deno task bench:fused`, or `deno task bench:fused latency` those that
 * are named; `--rounds`, `--count` and `--seconds` make them longer or shorter. What graphile-worker does with a job that
 * does nothing stands beside what we do with a delivery that does nothing, and with one that has an output.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { defaultSupervisorOptions } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { Peers } from "../../../console/commands/compare/peers.ts";
import { LoadTester } from "../../../simulators/load_tester.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import {
  appendAll,
  describeMachine,
  intake,
  intakes,
  print,
  runAsNode,
  settleAllRate,
  settleRate,
} from "../bench.ts";
import { noop } from "./noop_processor.ts";

const { rounds, count, seconds } = parseArgs(Deno.args, {
  default: { rounds: 5, count: 20_000, seconds: 20 },
});
const WAYS = [{ name: "fused", passes: true }, { name: "plain", passes: false }] as const;
const LATENCY_RATE = 250;
const BATCH = 500;
const noopWorker = new URL("./noop_worker.ts", import.meta.url);

/** What one round of a figure comes to: figures by name. */
type Round = (server: TestPostgres, passes: boolean, seed: string) => Promise<Record<string, number>>;

/** Does this on a store of its own. */
async function onStore<T>(server: TestPostgres, work: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = await openPostgres({ url: await server.freshDatabase(), migrate: "apply" });
  try {
    return await work(backend);
  } finally {
    await backend.close();
  }
}

/** Settled a second of what was appended before. */
const settled =
  (what: string, rate: (backend: Backend, passes: boolean) => Promise<number>): Round =>
  (server, passes, seed) =>
    onStore(server, async (backend) => {
      await appendAll(backend, intakes(count, BATCH, seed));
      return { [`${what}, deliveries/s`]: await rate(backend, passes) };
    });

const latency: Round = (server, passes, seed) =>
  onStore(server, async (backend) => {
    const tester = new LoadTester(backend, {
      ...{ supervision: { ...defaultSupervisorOptions(2), passes }, arrivals: "poisson", seed },
      ...{ durationMs: seconds * 1_000, warmUpMs: Math.min(5_000, seconds * 250), processes: [] },
      ...{ onSecond: () => {}, signal: new AbortController().signal },
    });
    await tester.start();
    const { end_to_end_ms: { p50, p99 } } = await tester.run(LATENCY_RATE);
    await tester.stop();
    return {
      [`whole case at ${LATENCY_RATE}/s, p50 ms`]: p50,
      [`whole case at ${LATENCY_RATE}/s, p99 ms`]: p99,
    };
  });

const figures: Record<string, Round> = {
  latency,
  all: settled("all processors", (backend, passes) => settleAllRate(backend, count, { passes })),
  noop: settled(
    "a processor that does nothing",
    (backend, passes) => settleRate(backend, [noop], count, { passes, entry: noopWorker }),
  ),
  output: settled("one with an output", (backend, passes) => settleRate(backend, intake, count, { passes })),
};

/** Each way once a round, and the peers after them. */
async function measureAll(server: TestPostgres, names: readonly string[]) {
  const found = new Map<string, number[]>();
  const add = (name: string, value: number) => found.set(name, [...(found.get(name) ?? []), value]);
  const peers = names.includes("peers")
    ? new Peers({ url: await server.freshDatabase(), count, seed: "fused" })
    : undefined;
  for (let round = 0; round < rounds; round++) {
    for (const [figure, measure] of Object.entries(figures)) {
      if (!names.includes(figure)) continue;
      for (const { name, passes } of WAYS) {
        const measured = await measure(server, passes, `${figure}-${round}`);
        for (const [what, value] of Object.entries(measured)) add(`${what.padEnd(48)} ${name}`, value);
      }
    }
    await peers?.round(round, new AbortController().signal, () => {});
  }
  return { found, peers: peers?.figures() ?? [] };
}

async function benchmark(): Promise<void> {
  print(describeMachine());
  const all = [...Object.keys(figures), "peers"];
  const named = all.filter((name) => Deno.args.includes(name));
  await using server = await startPostgres({ fsync: true });
  const { found, peers } = await measureAll(server, named.length > 0 ? named : all);
  const format = (value: number) =>
    value.toLocaleString("en-GB", { maximumFractionDigits: value < 100 ? 1 : 0 });
  for (const [what, values] of found) {
    values.sort((a, b) => a - b);
    const [least, median, most] = [values[0]!, values[values.length >> 1]!, values.at(-1)!];
    print(`${what}  ${format(median)}  (${format(least)} … ${format(most)}, ${values.length} rounds)`);
  }
  for (const { name, per_second: { median } } of peers) {
    print(`${`${name}, jobs/s`.padEnd(55)} ${format(median)}`);
  }
}

if (import.meta.main) await runAsNode(benchmark);
