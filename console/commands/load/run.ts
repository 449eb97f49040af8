/** Runs the load test: opens the store, measures, reports, and removes a temporary store. @module */
import { defaultSupervisorOptions } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import { serverProcessId } from "../../../backends/postgres/embedded/embedded.ts";
import { type LoadFigures, meetsObjective } from "../../../simulators/load/load_figures.ts";
import { describeLoad, describeSearch, loadReport } from "../../../simulators/load/load_report.ts";
import { formatCount } from "../../../simulators/reports/number_format.ts";
import { listenerOn } from "../../../simulators/load/process_usage.ts";
import type { WatchedProcess } from "../../../simulators/load/process_watch.ts";
import { LoadTester } from "../../../simulators/load_tester.ts";
import { openBackend, requireReadable } from "../../store/open_backend.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { liveLines } from "./live_lines.ts";
import { describeMachine, prepareReports, writeReport } from "../../cli/report_files.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { printResult } from "../../cli/output.ts";
import { Progress } from "../../cli/terminal.ts";
import type { LoadValues } from "./options.ts";

const DEFAULT_MS = 60_000;
const DEFAULT_PROBE_MS = 10_000;
const LONGEST_WARM_UP_MS = 5_000;
/** A search begins here, in cases a second: low enough for a slow disk, and six doublings from what a fast one takes. */
const FIRST_RATE = 250;

/** Runs the test; returns the exit code. */
export async function runLoad(values: LoadValues, output: Output): Promise<number> {
  if (values.report !== undefined) await prepareReports(values.report);
  const requests = listenForStop(false);
  try {
    const store = await openStore(values);
    try {
      await requireReadable(store.opened.backend);
      return await measure(store, values, output, requests.graceful);
    } finally {
      await store.remove();
    }
  } finally {
    requests.close();
  }
}

type LoadStore = Awaited<ReturnType<typeof openStore>>;

/** Without a server or a directory of the user's, the generated cases go where they are removed again. */
async function openStore(values: LoadValues) {
  const own = values.backend !== "memory" && values.url === undefined && values["data-dir"] === undefined;
  const temporary = own ? await Deno.makeTempDir({ prefix: "zaakstroom-load-" }) : undefined;
  const forget = () =>
    temporary === undefined ? Promise.resolve() : Deno.remove(temporary, { recursive: true });
  try {
    const place = temporary === undefined ? {} : { "data-dir": temporary };
    const opened = await openBackend({ ...values, ...place }, { role: "node" });
    const embedded = values.backend === "postgres" && values.url === undefined;
    return {
      opened,
      /** Directory of the embedded PostgreSQL, when there is one. */
      dataDir: embedded ? opened.where : undefined,
      remove: () => opened.close().finally(forget),
    };
  } catch (error) {
    await forget();
    throw error;
  }
}

async function measure(
  store: LoadStore,
  values: LoadValues,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { backend } = store.opened;
  const durationMs = values.duration ?? (values.rate === "max" ? DEFAULT_PROBE_MS : DEFAULT_MS);
  const progress = new Progress(output, { what: "s" });
  const tester = await startTester(backend, values, {
    durationMs,
    signal,
    processes: await findProcesses(store, values),
    onSecond: (second) =>
      progress.draw(() => liveLines(second, values.rate === "max" ? undefined : durationMs)),
  });
  try {
    const { run, probes } = values.rate === "max"
      ? await searchRate(tester, values, progress)
      : { run: await tester.run(values.rate), probes: [] };
    progress.clear();
    printFigures(run, probes, values, output);
    if (values.report !== undefined) {
      const search = values.rate === "max" ? { sloMs: values.slo, probes } : undefined;
      await writeReport(values.report, loadReport(run, describeMachine(), search));
    }
    const held = values.rate === "max" ? meetsObjective(run, values.slo) : run.verdict.limit === "none";
    return held || signal.aborted ? exitCodes.ok : exitCodes.failed;
  } finally {
    await tester.stop();
  }
}

async function startTester(
  backend: Backend,
  values: LoadValues,
  more: Pick<ConstructorParameters<typeof LoadTester>[1], "durationMs" | "signal" | "processes" | "onSecond">,
): Promise<LoadTester> {
  const tester = new LoadTester(backend, {
    supervision: { ...defaultSupervisorOptions(values.workers), passes: !values.plain },
    arrivals: values.arrivals,
    warmUpMs: values["warm-up"] ?? Math.min(more.durationMs / 10, LONGEST_WARM_UP_MS),
    seed: values.seed ?? crypto.randomUUID(),
    ...more,
  });
  await tester.start();
  return tester;
}

/** This process, and the server where it runs on this machine. */
async function findProcesses(
  { dataDir, opened }: LoadStore,
  { url, backend }: LoadValues,
): Promise<WatchedProcess[]> {
  const address = url ?? `${backend}://${opened.where}`;
  const pid = dataDir !== undefined
    ? await serverProcessId(dataDir)
    : URL.canParse(address)
    ? await listenerOn(address)
    : undefined;
  const server = backend === "nats" ? "nats-server" : "PostgreSQL";
  const node = { name: "node (with the generator)", pid: Deno.pid };
  return pid === undefined ? [node] : [node, { name: server, pid }];
}

/** The best of the rates that were held; when none was, the last that was tried. */
async function searchRate(tester: LoadTester, { slo }: LoadValues, progress: Progress) {
  const { held, probes } = await tester.search(
    slo,
    FIRST_RATE,
    (probe, kept) => progress.print(probeLine(probe, kept)),
  );
  const best = probes.findLast((probe) => probe.rate_per_second === held);
  return { run: best ?? probes.at(-1)!, probes };
}

function probeLine({ rate_per_second, end_to_end_ms, verdict }: LoadFigures, held: boolean): string {
  const why = verdict.limit === "none" && !held ? "Latency was above the objective" : verdict.text;
  return `${
    formatCount(rate_per_second)
  }/s: end to end p50 ${end_to_end_ms.p50} ms, p99 ${end_to_end_ms.p99} ms. ${why}`;
}

function printFigures(
  run: LoadFigures,
  probes: readonly LoadFigures[],
  values: LoadValues,
  output: Output,
): void {
  const machine = describeMachine();
  if (values.rate !== "max") {
    const { curves: _, by_second: __, ...row } = run;
    return printResult(output, values, { json: { machine, ...run }, rows: [row], text: describeLoad(run) });
  }
  const tried = probes.map((probe) => ({
    rate_per_second: probe.rate_per_second,
    held: meetsObjective(probe, values.slo),
    end_to_end_ms: probe.end_to_end_ms,
    verdict: probe.verdict,
  }));
  const held = meetsObjective(run, values.slo);
  const max_rate_per_second = held ? run.rate_per_second : null;
  printResult(output, values, {
    json: { machine, ...run, search: { slo_ms: values.slo, max_rate_per_second, tried } },
    rows: tried,
    text: `${describeLoad(run)}\n${describeSearch(run, values.slo)}`,
  });
}
