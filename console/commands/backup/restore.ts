/** `backup restore`. @module */
import type { Restored } from "../../../backends/postgres/backup/restore.ts";
import type { RestorePlan, Target } from "../../../backends/backup/restore_plan.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { Progress } from "../../cli/terminal.ts";
import { whileInterruptible } from "./interruption.ts";
import type { RestoreValues } from "./options.ts";
import { holdsStreams, restoreStreams } from "./restore_streams.ts";
import { keyFrom, required } from "./source.ts";

const MEGABYTE = 1_000_000;

/** Restores, and says what was proven, what is lost, and how to go on with it. */
export async function restoreBackup(values: RestoreValues, output: Output): Promise<number> {
  const from = required(values.from, "restore", "from");
  const target = targetOf(values);
  const key = await keyFrom(values["key-file"]);
  if (await holdsStreams(from, key)) {
    requirePlace(values);
    return await restoreStreams(values, { from, key, target }, output);
  }
  if (values["to-url"] !== undefined) {
    throw new UsageError("Cannot use --to-url here: PostgreSQL is restored into --data-dir");
  }
  const dataDir = required(values["data-dir"], "restore", "data-dir");
  const { planFrom, restoreBackup } = await import("../../../backends/postgres/backup/restore.ts");
  const { plan } = await planFrom({ from, key, target, dataDir });
  if (values["dry-run"]) {
    printResult(output, values, { json: planOf(plan, target), text: describePlan(plan, target) });
    return exitCodes.ok;
  }
  output.err(describePlan(plan, target));
  let progress = new Progress(output, { what: "MB" });
  const restored = await whileInterruptible((check) => {
    const onBytes = (done: number, total: number) => {
      check();
      progress.update(done / MEGABYTE, done / total);
    };
    const onStep = (step: string) => {
      check();
      progress.print(step);
      progress = new Progress(output, { what: "MB" });
    };
    return restoreBackup({ from, key, target, dataDir, onStep, onBytes });
  }).finally(() => progress.clear());
  printResult(output, values, {
    json: { ...planOf(plan, target), ...resultOf(restored) },
    text: describe(restored),
  });
  return exitCodes.ok;
}

function requirePlace({ "to-url": url, "data-dir": dataDir }: RestoreValues): void {
  if (url === undefined) required(dataDir, "restore", "data-dir");
  else if (dataDir !== undefined) {
    throw new UsageError("Cannot use --to-url together with --data-dir: choose one");
  }
}

function targetOf({ at, "at-position": position }: RestoreValues): Target {
  if (at !== undefined && position !== undefined) {
    throw new UsageError("Cannot use --at together with --at-position: choose one");
  }
  return { at, position };
}

function planOf({ base, range, newest }: RestorePlan, { at, position }: Target) {
  return {
    backup: base.id,
    at: at ?? null,
    at_position: position ?? null,
    restorable_from: range.from,
    newest,
  };
}

/** Before anything is done: from what, to when, and what is lost by it. */
function describePlan({ base, range, newest }: RestorePlan, { at, position }: Target): string {
  if (position !== undefined) {
    return `Restores the backup ${base.id} to position ${position}; what was stored later, till ${newest}, is lost`;
  }
  const moment = at ?? range.to;
  const lost = moment === newest
    ? "what happened later is in no backup"
    : `what happened later, till ${newest}, is lost`;
  return `Restores the backup ${base.id} to ${moment}; ${lost}`;
}

function resultOf({ dataDir, timeline, ledger, cut }: Restored) {
  return { data_dir: dataDir, timeline, ledger: ledger ?? null, beyond: cut?.beyond ?? null };
}

function describe({ dataDir, timeline, ledger, cut }: Restored): string {
  const whole = ledger === undefined
    ? "The server holds no store of this program"
    : `The store is whole: ${formatInteger(ledger.events)} events of ${formatInteger(ledger.cases)} cases, ` +
      `up to position ${ledger.last_position}; no gaps, nothing twice`;
  const beyond = cut === undefined || cut.beyond === 0 ? [] : [
    `${cut.beyond} events behind position ${cut.position} are there too: they were stored before it, or with it`,
  ];
  return [
    `${whole} (timeline ${timeline})`,
    ...beyond,
    `To go on with it: stop the nodes of the old store, then zaakstroom start --data-dir ${dataDir}`,
    `What leaves the store waits until zaakstroom backup accept --data-dir ${dataDir} --reason TEXT`,
  ].join("\n");
}
