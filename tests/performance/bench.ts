/** What the benchmarks share: a server, rounds, and how figures are told. @module */
import { defaultSupervisorOptions, Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import type { AnyProcessor } from "../../actors/processor.ts";
import { processors } from "../../actors/application.ts";
import { noopObserver, type Observer } from "../../actors/observer.ts";
import type { Backend } from "../../backends/backend.ts";
import { GUARDED, nodeEnvironment } from "../../console/node/guarded_start.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import type { WireEvent } from "../../schema/events.ts";
import { generateCases } from "../../simulators/case_generator.ts";

/** Runs `round` several times and tells the least, the median and the greatest of what it returns. */
export async function measure(
  what: string,
  unit: string,
  round: () => Promise<number>,
  rounds = 5,
): Promise<number> {
  const figures: number[] = [];
  for (let i = 0; i < rounds; i++) figures.push(await round());
  figures.sort((a, b) => a - b);
  const [least, median, most] = [figures[0]!, figures[figures.length >> 1]!, figures.at(-1)!];
  print(
    `${what.padEnd(58)} ${printFigure(median)} ${unit}  (${printFigure(least)} … ${
      printFigure(most)
    }, ${rounds} rounds)`,
  );
  return median;
}

/** What `measure` measures. */
export type Figure = [what: string, unit: string, round: () => Promise<number>];

/** Those of the names that the command line has; all of them when it has none. */
export function chooseFigures(names: readonly string[]): string[] {
  const named = names.filter((name) => Deno.args.includes(name));
  return named.length > 0 ? named : [...names];
}

function printFigure(value: number): string {
  return value.toLocaleString("en-GB", { maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** Prints a line of a report. */
export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Runs a benchmark in what a node runs in: a heap that may grow as it likes is faster, and no node has it. */
export async function runAsNode(bench: () => Promise<void>): Promise<void> {
  if (Deno.env.get(GUARDED) !== undefined) return await bench();
  const args = ["run", "--quiet", "--no-check", "--allow-all", Deno.mainModule, ...Deno.args];
  const { code } = await new Deno.Command(Deno.execPath(), { args, env: nodeEnvironment }).spawn().status;
  Deno.exitCode = code;
}

/** What the figures were measured on, and how much else was going on there. */
export function describeMachine(): string {
  const model = readCpuModel();
  const { deno, v8 } = Deno.version;
  const load = Deno.loadavg()[0]!.toFixed(1);
  return `${navigator.hardwareConcurrency} cores (${model}), load average ${load}, Deno ${deno}, V8 ${v8}`;
}

function readCpuModel(): string {
  try {
    return /model name\s*:\s*(.+)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? "unknown";
  } catch {
    return Deno.build.arch;
  }
}

/** So many deliveries every generated case has at least, on average, while nobody pays or decides: 4.3 as measured. */
const DELIVERIES_OF_A_CASE = 4.2;

/** The processor that benches of one processor take. */
export const intake = processors.filter(({ name }) => name === "intake");

/** Generated intakes in batches, made before the clock starts; of the past, if nothing is said. */
export function intakes(count: number, batch: number, seed: string, from?: string): WireEvent[][] {
  const batches: WireEvent[][] = [];
  let current: WireEvent[] = [];
  for (const { event } of generateCases({ seed, count, ...(from === undefined ? {} : { from }) })) {
    if (current.push(withTwoDecimals(event)) < batch) continue;
    batches.push(current);
    current = [];
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

/** Does the same work for every item, `atOnce` at a time, in order of the items. */
export async function forEach<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < items.length) await work(items[next++]!);
  }));
}

/** Appends batches, `atOnce` at a time. */
export function appendAll(backend: Backend, batches: readonly WireEvent[][], atOnce = 4): Promise<void> {
  return forEach(batches, atOnce, (events) => backend.append(events));
}

/** Deliveries settled a second by all processors, of so many cases that were appended before. */
export function settleAllRate(
  backend: Backend,
  cases: number,
  supervision: Partial<SupervisorOptions> = {},
): Promise<number> {
  return settleRate(backend, processors, cases * DELIVERIES_OF_A_CASE, supervision);
}

/** Deliveries settled a second by these processors, until `deliveries` are done. The workers are warm when it starts. */
export async function settleRate(
  backend: Backend,
  processors: readonly AnyProcessor[],
  deliveries: number,
  supervision: Partial<SupervisorOptions> = {},
): Promise<number> {
  const done = Promise.withResolvers<void>();
  let settled = 0;
  let began = 0;
  const observer: Observer = {
    ...noopObserver,
    settled(batch) {
      began ||= performance.now();
      for (const times of Object.values(batch.done)) settled += times.length;
      if (settled >= deliveries) done.resolve();
    },
    deadLettered: (ids) => done.reject(new Error(`a dead letter: ${JSON.stringify(ids)}`)),
  };
  const options = { ...defaultSupervisorOptions(supervision.workers ?? 2), ...supervision };
  const supervisor = new Supervisor(backend, processors, observer, options);
  await supervisor.start();
  supervisor.ended().catch(done.reject);
  await done.promise;
  const seconds = (performance.now() - began) / 1000;
  await supervisor.stop(10_000);
  return settled / seconds;
}
