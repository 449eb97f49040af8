/**
 * What traces cost: the processor time of a delivery with spans exported, one trace in a hundred sampled, over that without.
 * `deno task bench:traces memory postgres --pairs 15`. Deno decides at its start whether it exports, so that there are two
 * processes, both warm, which work by rounds, one after the other: the one that waits does nothing.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import process from "node:process";
import { processors } from "../../actors/application.ts";
import { noopObserver, type SettledBatch } from "../../actors/observer.ts";
import { defaultSupervisorOptions, Supervisor } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { loadTracing } from "../../backends/tracing/load_tracing.ts";
import { nodeEnvironment } from "../../console/node/guarded_start.ts";
import { OtlpReceiver } from "../support/servers/otlp_receiver.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { appendAll, describeMachine, intakes, print } from "./bench.ts";

const stores = ["memory", "postgres"] as const;
type Store = typeof stores[number];

/** Cases of a round, and the events of an append: one append of a hundred is sampled, and all that comes of its events. */
const CASES = 500;
/** Waited for, of each case; most have four or five, and the rest of a round is done before the next one. */
const DELIVERIES_OF_CASE = 3.5;
const EVENTS_OF_AN_APPEND = 5;
/** Rounds of each process that do not count. */
const WARMING = 4;
/** Names such a process's store, and its address. */
const ROUNDS = "BENCH_TRACES_OF";

/** A node that works on what a round appends. */
class Node {
  readonly #backend: Backend;
  #settled = 0;
  #wanted = 0;
  #reached = Promise.withResolvers<void>();
  #rounds = 0;

  private constructor(backend: Backend) {
    this.#backend = backend;
  }

  static async start(store: Store, url: string): Promise<Node> {
    const plain = store === "memory" ? createMemoryBackend() : await openPostgres({ url, migrate: "apply" });
    const tracing = await loadTracing(store);
    const node = new Node(tracing?.traceAppends(plain, "append") ?? plain);
    const observer = { ...noopObserver, settled: ({ done }: SettledBatch) => node.#count(done) };
    // On a busy machine a worker may stand still for longer than a delivery may take.
    const patient = { ...defaultSupervisorOptions(2), deliveryTimeoutMs: 60_000, hangMs: 90_000, tracing };
    await new Supervisor(plain, processors, observer, patient).start();
    return node;
  }

  #count(done: SettledBatch["done"]): void {
    for (const times of Object.values(done)) this.#settled += times.length;
    if (this.#settled >= this.#wanted) this.#reached.resolve();
  }

  /** Microseconds of the processor a delivery, appends included. */
  async round(): Promise<number> {
    // Of today: the terms of older ones expire meanwhile, and make deliveries of their own.
    const today = new Date().toISOString();
    const events = intakes(CASES, EVENTS_OF_AN_APPEND, `round-${this.#rounds++}`, today);
    const deliveries = CASES * DELIVERIES_OF_CASE;
    this.#wanted = this.#settled + deliveries;
    this.#reached = Promise.withResolvers();
    const before = process.cpuUsage();
    await appendAll(this.#backend, events);
    await this.#reached.promise;
    const { user, system } = process.cpuUsage(before);
    return (user + system) / deliveries;
  }
}

async function runRounds(store: Store, url: string): Promise<void> {
  const node = await Node.start(store, url);
  for await (const _ of Deno.stdin.readable) print(String(await node.round()));
}

/** A process that runs a round when it is asked to. */
class RoundProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;

  constructor(store: Store, url: string, more: Readonly<Record<string, string>>) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-all", Deno.mainModule],
      env: { ...nodeEnvironment, ...more, [ROUNDS]: `${store} ${url}` },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async run(): Promise<number> {
    await this.#input.write(new TextEncoder().encode("\n"));
    const { value } = await this.#output.read();
    if (value === undefined) throw new Error("a process ended before its round did");
    return Number(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#child.status;
    await this.#output.cancel();
  }
}

async function compare(store: Store, pairs: number): Promise<void> {
  await using server = store === "postgres" ? await startPostgres({ fsync: true }) : undefined;
  await using receiver = new OtlpReceiver();
  const sampler = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.01" };
  const freshUrl = async () => await server?.freshDatabase() ?? "";
  await using off = new RoundProcess(store, await freshUrl(), {});
  await using on = new RoundProcess(store, await freshUrl(), receiver.env(sampler));
  const figures = new Map([[off, [] as number[]], [on, [] as number[]]]);
  for (let pair = -WARMING; pair < pairs; pair++) {
    for (const each of pair % 2 === 0 ? [off, on] : [on, off]) {
      const figure = await each.run();
      if (pair >= 0) figures.get(each)!.push(figure);
    }
    if (pair >= 0) {
      print(`${store} ${pair + 1}: ${[off, on].map((each) => figures.get(each)!.at(-1)!.toFixed(1))}`);
    }
  }
  report(store, figures.get(off)!, figures.get(on)!, receiver.spans.length);
}

function report(store: Store, off: readonly number[], on: readonly number[], spans: number): void {
  const ratios = on.map((figure, i) => figure / off[i]!).sort((a, b) => a - b);
  const sum = (all: readonly number[]) => all.reduce((one, other) => one + other, 0);
  const [median, least, most] = [ratios[ratios.length >> 1]!, ratios[0]!, ratios.at(-1)!];
  print(
    `${store}: median ${median.toFixed(3)} (${least.toFixed(3)} … ${most.toFixed(3)}, ${on.length} pairs), ` +
      `sums ${(sum(on) / sum(off)).toFixed(3)}; off ${
        (sum(off) / off.length).toFixed(1)
      } µs a delivery, ${spans} spans`,
  );
}

if (import.meta.main) {
  const [store, url] = Deno.env.get(ROUNDS)?.split(" ") ?? [];
  if (store !== undefined) {
    await runRounds(store as Store, url!);
    Deno.exit(0);
  }
  const { _: named, pairs } = parseArgs(Deno.args, { string: ["pairs"], default: { pairs: "15" } });
  print(describeMachine());
  for (const each of stores.filter((name) => named.length === 0 || named.includes(name))) {
    await compare(each, Number(pairs));
  }
}
