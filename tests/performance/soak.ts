/**
 * A long run: `deno task bench:soak` (20 minutes, or `--minutes N`). A load at 70 % of the highest rate that is held, and
 * every few seconds a look at what must stay flat: memory, latency, dead rows of `subscriptions`, threads. In the middle a
 * transaction is held open for a tenth of the time, which pins what PostgreSQL may clean up: the runtime must go on, and
 * what pins it is named.
 * @module
 */
import { defaultSupervisorOptions } from "../../actors/supervisor.ts";
import { parseArgs } from "@std/cli/parse-args";
import postgres from "postgres";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import type { SecondFigures } from "../../simulators/load/load_figures.ts";
import { LoadTester } from "../../simulators/load_tester.ts";
import { startPostgres, type TestPostgres } from "../support/servers/postgres_server.ts";
import { describeMachine, print, runAsNode } from "./bench.ts";

const SAMPLE_INTERVAL_S = 10;
const SHARE = 0.7;
const SLO_MS = 1_000;

interface SoakSample {
  readonly second: number;
  readonly memoryMb: number;
  readonly databaseMb: number;
  readonly threads: number;
  readonly deadRows: number;
  readonly settled: number;
  readonly p99: number;
  readonly behind: number;
}

/** What holds back the clean-up, as an operator would ask for it. */
async function pinnedBy(sql: postgres.Sql): Promise<string> {
  const [row] = await sql`
    select pid, application_name, state, extract(epoch from now() - xact_start)::int as seconds
    from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid()
    order by age(backend_xmin) desc limit 1`;
  if (row === undefined) return "nothing";
  return `process ${row.pid} (${row.application_name}, ${row.state}), a transaction of ${row.seconds} s`;
}

function threads(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^Threads:\s+(\d+)$/m.exec(status)![1]);
}

class Watch {
  readonly samples: SoakSample[] = [];
  readonly pins: string[] = [];
  readonly #sql: postgres.Sql;
  #recent: SecondFigures[] = [];
  holding = false;

  constructor(url: string) {
    this.#sql = postgres(url, { max: 1, onnotice: () => {}, connection: { application_name: "soak" } });
  }

  async at(second: SecondFigures): Promise<void> {
    this.#recent.push(second);
    if (second.second % SAMPLE_INTERVAL_S !== 0) return;
    const recent = this.#recent.splice(0);
    const [row] = await this.#sql`
      select n_dead_tup::int as dead from pg_stat_user_tables
      where (schemaname, relname) = ('zaakstroom', 'subscriptions')`;
    const sample: SoakSample = {
      second: second.second,
      memoryMb: second.processes[0]?.memory_mb ?? 0,
      databaseMb: second.processes[1]?.memory_mb ?? 0,
      threads: threads(),
      deadRows: row?.dead ?? 0,
      settled: Math.round(recent.reduce((sum, { settled }) => sum + settled, 0) / recent.length),
      p99: Math.max(...recent.map(({ end_to_end_p99 }) => end_to_end_p99)),
      behind: second.behind,
    };
    this.samples.push(sample);
    if (this.holding) this.pins.push(await pinnedBy(this.#sql));
    print(lineOf(sample) + (this.holding ? `; clean-up is pinned by ${this.pins.at(-1)}` : ""));
  }

  close(): Promise<void> {
    return this.#sql.end();
  }
}

function lineOf(
  { second, memoryMb, databaseMb, threads, deadRows, settled, p99, behind }: SoakSample,
): string {
  return `${second} s: ${settled} settled/s, ${behind} behind, end to end p99 at most ${p99} ms, node ${memoryMb} MB, ` +
    `PostgreSQL ${databaseMb} MB, ${threads} threads, ${deadRows} dead rows of subscriptions`;
}

/** Holds a transaction with a snapshot open, as a forgotten console does. */
async function holdTransaction(url: string, ms: number): Promise<void> {
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: "forgotten console" },
  });
  try {
    await sql.begin("isolation level repeatable read", async (tx) => {
      await tx`select count(*) from zaakstroom.subscriptions`;
      await new Promise((resolve) => setTimeout(resolve, ms));
    });
  } finally {
    await sql.end();
  }
}

function testerOn(
  backend: Awaited<ReturnType<typeof openPostgres>>,
  server: TestPostgres,
  durationMs: number,
  onSecond: (second: SecondFigures) => void,
): LoadTester {
  return new LoadTester(backend, {
    supervision: defaultSupervisorOptions(2),
    arrivals: "poisson",
    durationMs,
    warmUpMs: Math.min(durationMs / 10, 30_000),
    seed: crypto.randomUUID(),
    onSecond,
    signal: new AbortController().signal,
    processes: [{ name: "node", pid: Deno.pid }, { name: "PostgreSQL", pid: server.pid }],
  });
}

/** The rate of the run: 70 % of the highest that is held, found by search unless given. */
async function rateOf(server: TestPostgres, given: number | undefined): Promise<number> {
  if (given !== undefined) return given;
  const backend = await openPostgres({ url: await server.freshDatabase(), migrate: "apply" });
  const tester = testerOn(backend, server, 5_000, () => {});
  await tester.start();
  const { held } = await tester.search(SLO_MS, 250, (probe, kept) => {
    print(`  ${probe.rate_per_second}/s: p99 ${probe.end_to_end_ms.p99} ms, ${kept ? "held" : "not held"}`);
  });
  await tester.stop();
  await backend.close();
  return Math.max(1, Math.round(held * SHARE));
}

/** The first third after the warm-up against the last one. */
function verdict(samples: readonly SoakSample[]): void {
  const later = samples.slice(Math.min(2, samples.length - 1));
  const third = Math.max(1, Math.floor(later.length / 3));
  const mean = (part: readonly SoakSample[], pick: (sample: SoakSample) => number) =>
    part.reduce((sum, sample) => sum + pick(sample), 0) / part.length;
  const rows: [string, (sample: SoakSample) => number][] = [
    ["node's memory, MB", (sample) => sample.memoryMb],
    ["PostgreSQL's memory, MB", (sample) => sample.databaseMb],
    ["end to end p99, ms", (sample) => sample.p99],
    ["dead rows of subscriptions", (sample) => sample.deadRows],
    ["threads", (sample) => sample.threads],
    ["settled a second", (sample) => sample.settled],
  ];
  print("First third against last third:");
  for (const [what, pick] of rows) {
    print(
      `  ${what.padEnd(28)} ${mean(later.slice(0, third), pick).toFixed(1)} → ${
        mean(later.slice(-third), pick).toFixed(1)
      }`,
    );
  }
}

async function soak(): Promise<void> {
  const { minutes = "20", rate } = parseArgs(Deno.args, { string: ["minutes", "rate"] });
  const durationMs = Number(minutes) * 60_000;
  print(describeMachine());
  await using server = await startPostgres({ fsync: true });
  const perSecond = await rateOf(server, rate === undefined ? undefined : Number(rate));
  const url = await server.freshDatabase();
  const backend = await openPostgres({ url, migrate: "apply" });
  const watch = new Watch(url);
  const tester = testerOn(backend, server, durationMs, (second) => void watch.at(second));
  await tester.start();
  print(`${perSecond} cases/s for ${minutes} minutes`);
  const held = setTimeout(async () => {
    watch.holding = true;
    await holdTransaction(url, durationMs / 10);
    watch.holding = false;
  }, durationMs * 0.45);
  const { end_to_end_ms, verdict: outcome, errors } = await tester.run(perSecond);
  clearTimeout(held);
  await tester.stop();
  await watch.close();
  await backend.close();
  verdict(watch.samples);
  print(
    `Over all: end to end p50 ${end_to_end_ms.p50} ms, p99 ${end_to_end_ms.p99} ms, most ${end_to_end_ms.max} ms`,
  );
  print(`${JSON.stringify(errors)}. ${outcome.text}`);
}

if (import.meta.main) await runAsNode(soak);
