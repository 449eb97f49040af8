/** `selftest`: proves on this machine that everything a node needs is there and works. @module */
import { duration, wholeNumber } from "../../schema/settings.ts";
import { backendOptions, jsonOption } from "../backend_options.ts";
import { command, type Output } from "../command.ts";
import { exitCodes, explain, UsageError } from "../exit_codes.ts";
import { AwayNotice, defaultWorkers, startNode } from "../node.ts";
import { defaultsOf, type Parsed, type Values } from "../options.ts";
import { passCase, selftestCase } from "../selftest/one_case.ts";
import { openOwnStore, type OwnStore } from "../selftest/own_store.ts";
import { checkWorkers } from "../selftest/worker_check.ts";
import { stopRequests } from "../stopping.ts";

const selftestOptions = {
  backend: backendOptions.backend,
  url: {
    ...backendOptions.url,
    help: "PostgreSQL server to use, in a database made for it; default: embedded",
  },
  workers: {
    schema: wholeNumber(1, 64).default(defaultWorkers()),
    value: "N",
    env: "ZAAKSTROOM_WORKERS",
    help: `worker threads; default ${defaultWorkers()} here`,
  },
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

type Find = (check: Finding["check"], text: string, ms: number) => void;

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
  const find: Find = (check, text, ms) => {
    findings.push({ check, text, ms: Math.round(ms) });
    if (!values.json) output.out(`${text} (${Math.round(ms)} ms)`);
  };
  const { failed, code } = await untilFailure(values, find);
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
  find: Find,
): Promise<{ code: number; failed?: string }> {
  const requests = stopRequests(false);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), values.within);
  const signal = AbortSignal.any([requests.first, late.signal]);
  try {
    await runChecks(values, find, signal);
    return { code: exitCodes.ok };
  } catch (error) {
    if (requests.first.aborted) return { code: exitCodes.interrupted, failed: "it was stopped" };
    if (late.signal.aborted) return { code: exitCodes.failed, failed: `not done in ${values.within} ms` };
    return { code: exitCodes.failed, failed: explain(error).text.split("\n", 1)[0]! };
  } finally {
    clearTimeout(timer);
    requests.close();
  }
}

async function runChecks(values: SelftestValues, find: Find, signal: AbortSignal): Promise<void> {
  const how = Deno.build.standalone ? "compiled" : "from source";
  find("program", `zaakstroom ${how}: Deno ${Deno.version.deno}, ${Deno.build.target}`, performance.now());
  await bootWorkers(values.workers, find, signal);
  signal.throwIfAborted();
  const began = performance.now();
  const away = new AwayNotice();
  const wishes = { role: "node", migrate: "apply", node: "selftest", onAway: away.listener } as const;
  const store = await openOwnStore({ ...backendDefaults, ...values }, wishes);
  try {
    const { durability } = await store.opened.backend.health();
    find("store", `${store.what}: ${durability}`, performance.now() - began);
    await runCase(store, away, values, find, signal);
  } finally {
    const closing = performance.now();
    await store.remove();
    if (!signal.aborted) find("stop", `${store.what}: closed and removed`, performance.now() - closing);
  }
}

/** What the selftest does not ask, for it has a store of its own. */
const backendDefaults = defaultsOf(backendOptions);

async function bootWorkers(workers: number, find: Find, signal: AbortSignal): Promise<void> {
  const times = await checkWorkers(workers, selftestCase(), signal);
  times.forEach((ms, i) => find("worker", `worker ${i + 1} of ${workers}: ready, and handled a batch`, ms));
}

async function runCase(
  { opened: { backend } }: OwnStore,
  away: AwayNotice,
  { workers }: SelftestValues,
  find: Find,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const log = () => {};
  signal.throwIfAborted();
  const options = { node: "selftest", backend: backend.name, workers, http: undefined, json: true, log };
  const running = await startNode(Promise.resolve(backend), away, options);
  try {
    const story = await passCase(backend, running, selftestCase(), signal);
    const types = story.map(({ event }) => event.event_type);
    find("case", `one case: ${types.join(" → ")}`, performance.now() - began);
  } finally {
    await running.stop(5_000);
  }
}
