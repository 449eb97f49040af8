/** Starts a node on a store of its own, has it take one case through, and judges the summary. @module */
import type { Output } from "../../cli/command.ts";
import { CommandError, describeExit, exitCodes } from "../../cli/exit_codes.ts";
import { formatOf, printResult } from "../../cli/output.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import type { RunSummary } from "../../node/run_summary.ts";
import { selfCommand } from "../../node/self_command.ts";
import type { SelftestValues } from "./options.ts";
import { openTemporaryStore, type TemporaryStore } from "./temporary_store.ts";

/** Runs the selftest; returns the exit code. */
export async function runSelftest(values: SelftestValues, output: Output): Promise<number> {
  const began = performance.now();
  const findings: string[] = [];
  const onFinding = (text: string) => {
    findings.push(text);
    if (formatOf(values) === "table") output.out(text);
  };
  const { code, failed } = await untilFailure(values, onFinding);
  const seconds = Math.round(performance.now() - began) / 1000;
  if (failed !== undefined && formatOf(values) === "table") output.err(`The selftest failed: ${failed}`);
  else {
    const json = { ok: failed === undefined, failed: failed ?? null, findings, seconds };
    printResult(output, values, { json, text: `Everything works (${seconds} s)` });
  }
  return code;
}

/** Runs the checks until one fails, time is up or a signal stops them; in any case nothing is left behind. */
async function untilFailure(
  values: SelftestValues,
  onFinding: (text: string) => void,
): Promise<{ code: number; failed?: string }> {
  const requests = listenForStop(false);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), values.within);
  try {
    await runChecks(values, onFinding, AbortSignal.any([requests.graceful, late.signal]));
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

async function runChecks(
  values: SelftestValues,
  onFinding: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const origin = Deno.build.standalone ? "compiled" : "from source";
  onFinding(`zaakstroom ${origin}: Deno ${Deno.version.deno}, ${Deno.build.target}`);
  const store = await openTemporaryStore(values);
  try {
    const summary = await runNode(store, values.workers, signal);
    onFinding(`${values.workers} workers on ${store.description}: ${summary.durability}`);
    requireComplete(summary);
    onFinding(`one case: ${Object.keys(summary.events).join(" → ")}`);
  } finally {
    await store.remove();
  }
  onFinding("closed, and removed what was stored");
}

/** One case, played to its end in simulated time: the same at any date. */
const PLAYED_CASE = [
  ...["--count", "1", "--seed", "one-case", "--from", "2026-01-01T00:00:00Z"],
  ...["--time-scale", "1000y/s"],
];
/** After a second signal a node ends at once. */
const INSIST_AFTER_MS = 5_000;

/** Runs a node as users do, guardian and all, until its one case is done. Throws CommandError when it fails. */
async function runNode(store: TemporaryStore, workers: number, signal: AbortSignal): Promise<RunSummary> {
  signal.throwIfAborted();
  const flags = ["--until-idle", "--json", "--port", "0", "--node", "selftest", "--workers", `${workers}`];
  const { command, args } = selfCommand(["start", ...PLAYED_CASE, ...flags, ...store.args]);
  const stdio = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(command, { args: [...args], env: store.env, ...stdio }).spawn();
  let insist: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    child.kill("SIGTERM");
    insist = setTimeout(() => child.kill("SIGTERM"), INSIST_AFTER_MS);
  };
  signal.addEventListener("abort", stop);
  const { code, stdout, stderr } = await child.output();
  signal.removeEventListener("abort", stop);
  clearTimeout(insist);
  signal.throwIfAborted();
  const [summary] = linesOf(stdout);
  if (summary !== undefined) return JSON.parse(summary);
  throw new CommandError(exitCodes.failed, reasonOf(code, linesOf(stderr)));
}

function linesOf(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "");
}

/** The error that a node printed, or the last of its lines. */
function reasonOf(code: number, lines: readonly string[]): string {
  const error = lines.findLast((line) => line.startsWith('{"error":'));
  return error === undefined
    ? `the node ended with ${code}: ${lines.at(-1)}`
    : JSON.parse(error).error.message;
}

/** @throws CommandError unless the case went through every step to its end, once and in order */
export function requireComplete(
  { events, ledger, dead }: Pick<RunSummary, "events" | "ledger" | "dead">,
): void {
  const history = Object.keys(events).join(" → ") || "nothing";
  const { balanced, completed, lost, duplicated, reordered } = ledger;
  if (dead > 0) throw new CommandError(exitCodes.failed, `the case is a dead letter after ${history}`);
  if (!balanced) {
    const why = JSON.stringify({ lost, duplicated, reordered });
    throw new CommandError(exitCodes.failed, `the ledger does not balance, ${why}: ${history}`);
  }
  if (completed !== 1) throw new CommandError(exitCodes.failed, `the case was not completed: ${history}`);
}
