/** `selftest`: proves on this machine that everything a node needs is there and works. @module */
import { duration } from "../../../schema/settings.ts";
import { backendOptions, jsonOption, workersOption } from "../../store/options.ts";
import { command, type Output } from "../../cli/command.ts";
import { describeExit, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { AvailabilityMonitor, startNode } from "../../node/node.ts";
import { defaultsOf, type Parsed, type Values } from "../../cli/options.ts";
import { generateSelftestCase, runCaseThrough } from "./case_round_trip.ts";
import { openTemporaryStore, type TemporaryStore } from "./temporary_store.ts";
import { checkWorkers } from "./worker_check.ts";
import { listenForStop } from "../../cli/shutdown.ts";

const selftestOptions = {
  backend: backendOptions.backend,
  url: {
    ...backendOptions.url,
    help: "PostgreSQL server to use, in a database made for it; default: embedded",
  },
  workers: workersOption,
  within: { schema: duration.default(60_000), value: "TIME", help: "fail after this long; default 60s" },
  json: jsonOption,
} as const;

type SelftestValues = Values<typeof selftestOptions>;

/** Something that was found to work. */
interface Finding {
  readonly check: "program" | "worker" | "store" | "case" | "stop";
  readonly text: string;
  readonly ms: number;
}

type OnFinding = (check: Finding["check"], text: string, ms: number) => void;

export const selftest = command({
  name: "selftest",
  summary: "Boots everything, takes one case through, and leaves nothing behind",
  options: selftestOptions,
  notes: "Exit code 0 when everything works; 1 with one line about what does not.",
  async run({ values, positional }: Parsed<typeof selftestOptions>, output) {
    if (positional.length > 0) throw new UsageError(`selftest takes no arguments: ${positional[0]}`);
    if (values.backend === "memory" && values.url !== undefined) {
      throw new UsageError("Cannot use --url with --backend memory");
    }
    return await report(values, output);
  },
});

/** Runs the checks and tells them, a line each, or as one JSON object at the end. */
async function report(values: SelftestValues, output: Output): Promise<number> {
  const began = performance.now();
  const findings: Finding[] = [];
  const onFinding: OnFinding = (check, text, ms) => {
    findings.push({ check, text, ms: Math.round(ms) });
    if (!values.json) output.out(`${text} (${Math.round(ms)} ms)`);
  };
  const { failed, code } = await untilFailure(values, onFinding);
  const seconds = Math.round(performance.now() - began) / 1000;
  if (values.json) {
    output.out(JSON.stringify({ ok: failed === undefined, failed: failed ?? null, findings, seconds }));
  } else if (failed === undefined) output.out(`Everything works (${seconds} s)`);
  else output.err(`The selftest failed: ${failed}`);
  return code;
}

/** Runs the checks until one fails, time is up or somebody stops it; whatever happens, nothing stays behind. */
async function untilFailure(
  values: SelftestValues,
  onFinding: OnFinding,
): Promise<{ code: number; failed?: string }> {
  const requests = listenForStop(false);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), values.within);
  const signal = AbortSignal.any([requests.graceful, late.signal]);
  try {
    await runChecks(values, onFinding, signal);
    return { code: exitCodes.ok };
  } catch (error) {
    if (requests.graceful.aborted) return { code: exitCodes.interrupted, failed: "it was stopped" };
    if (late.signal.aborted) return { code: exitCodes.failed, failed: `not done in ${values.within} ms` };
    return { code: exitCodes.failed, failed: describeExit(error).text.split("\n", 1)[0]! };
  } finally {
    clearTimeout(timer);
    requests.close();
  }
}

async function runChecks(values: SelftestValues, onFinding: OnFinding, signal: AbortSignal): Promise<void> {
  const storeOptions = Deno.build.standalone ? "compiled" : "from source";
  onFinding(
    "program",
    `zaakstroom ${storeOptions}: Deno ${Deno.version.deno}, ${Deno.build.target}`,
    performance.now(),
  );
  await bootWorkers(values.workers, onFinding, signal);
  signal.throwIfAborted();
  const began = performance.now();
  const availability = new AvailabilityMonitor();
  const openOptions = {
    role: "node",
    migrate: "apply",
    node: "selftest",
    onAvailabilityChange: availability.onAvailabilityChange,
  } as const;
  const store = await openTemporaryStore({ ...backendDefaults, ...values }, openOptions);
  try {
    const { durability } = await store.opened.backend.health();
    onFinding("store", `${store.description}: ${durability}`, performance.now() - began);
    await runCase(store, availability, values, onFinding, signal);
  } finally {
    const closing = performance.now();
    await store.remove();
    if (!signal.aborted) {
      onFinding("stop", `${store.description}: closed and removed`, performance.now() - closing);
    }
  }
}

/** What the selftest does not ask, for it has a store of its own. */
const backendDefaults = defaultsOf(backendOptions);

async function bootWorkers(workers: number, onFinding: OnFinding, signal: AbortSignal): Promise<void> {
  const times = await checkWorkers(workers, generateSelftestCase(), signal);
  times.forEach((ms, i) =>
    onFinding("worker", `worker ${i + 1} of ${workers}: ready, and handled a batch`, ms)
  );
}

async function runCase(
  { opened: { backend } }: TemporaryStore,
  availability: AvailabilityMonitor,
  { workers }: SelftestValues,
  onFinding: OnFinding,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const log = () => {};
  signal.throwIfAborted();
  const options = { node: "selftest", backend: backend.name, workers, http: undefined, json: true, log };
  const running = await startNode(Promise.resolve(backend), availability, options);
  try {
    const history = await runCaseThrough(backend, running, generateSelftestCase(), signal);
    const types = history.map(({ event }) => event.event_type);
    onFinding("case", `one case: ${types.join(" → ")}`, performance.now() - began);
  } finally {
    await running.stop(5_000);
  }
}
