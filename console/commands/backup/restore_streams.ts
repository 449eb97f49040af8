/** `backup restore` of a store on JetStream: into a nats-server of a new data directory, or onto one that has nothing of it. @module */
import { BackupError } from "../../../backends/backup/errors.ts";
import type { BackupKey } from "../../../backends/backup/key_file.ts";
import { BackupRepository } from "../../../backends/backup/repository.ts";
import type { Target } from "../../../backends/backup/restore_plan.ts";
import { findCut } from "../../../backends/nats/backup/cut.ts";
import type { RecordRestorePlan } from "../../../backends/nats/backup/restore_plan.ts";
import {
  planFrom,
  type RestoredRecords,
  restoreRecords,
  type RestoreSource,
} from "../../../backends/nats/backup/restore.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { hostsOf, natsOptionsOf } from "../../store/nats_options.ts";
import { namingServer } from "../../store/server_address.ts";
import { whileInterruptible } from "./interruption.ts";
import type { RestoreValues } from "./options.ts";

/** Whether a directory has backups of streams. */
export async function holdsStreams(from: string, key: BackupKey | undefined): Promise<boolean> {
  return (await (await BackupRepository.open(from, key)).streamBackups()).length > 0;
}

/** Restores, and says what was proven, what is lost, and how to go on with it. */
export async function restoreStreams(
  values: RestoreValues,
  source: RestoreSource,
  output: Output,
): Promise<number> {
  const { "to-url": url, "data-dir": dataDir } = values;
  if (url === undefined) await requireNew(dataDir!);
  const { log, plan } = await planFrom(source);
  const { moment } = await findCut(log, plan, source.target);
  const lines = describePlan(plan, source.target, moment);
  const json = planOf(plan, source.target);
  if (values["dry-run"]) {
    printResult(output, values, { json, text: lines });
    return exitCodes.ok;
  }
  output.err(lines);
  const restored = await whileInterruptible((check) => {
    const onStep = (step: string) => {
      check();
      output.err(step);
    };
    if (url === undefined) return restoreInto(dataDir!, source, onStep, check);
    const options = natsOptionsOf(url, values);
    return restoreRecords({ ...source, options, isAlone: false, onStep, onRecord: check })
      .catch(namingServer(hostsOf(url)));
  });
  const { ledger, restoration: { timeline }, beyond } = restored;
  const where = url === undefined ? { data_dir: dataDir } : { url: hostsOf(url) };
  printResult(output, values, {
    json: { ...json, ...where, timeline, ledger, beyond },
    text: describe(restored, url === undefined ? `--data-dir ${dataDir}` : `--url ${hostsOf(url)}`),
  });
  return exitCodes.ok;
}

function planOf({ base, range, newest }: RecordRestorePlan, { at, position }: Target) {
  return {
    backup: base.id,
    at: at ?? null,
    at_position: position ?? null,
    restorable_from: range.from,
    newest,
  };
}

/** Before anything is done: from what, to when, and what is lost by it. */
function describePlan({ base, newest }: RecordRestorePlan, { position }: Target, moment: string): string {
  const to = position === undefined ? moment : `position ${position}, of ${moment} at the latest`;
  const lost = moment === newest
    ? "what happened later is in no backup"
    : `what happened later, till ${newest}, is lost`;
  return `Restores the backup ${base.id} to ${to}; ${lost}`;
}

function describe({ ledger, restoration, beyond }: RestoredRecords, where: string): string {
  return [
    `The store is whole: ${formatInteger(ledger.events)} events of ${formatInteger(ledger.cases)} cases, ` +
    `up to position ${ledger.last_position}; no gaps, nothing twice (timeline ${restoration.timeline})`,
    ...(beyond === 0 ? [] : [`${beyond} events behind the position are there too: they were stored with it`]),
    `To go on with it: stop the nodes of the old store, then zaakstroom start --backend nats ${where}`,
    `What leaves the store waits until zaakstroom backup accept --backend nats ${where} --reason TEXT`,
  ].join("\n");
}

/** Restores the newest moment into a directory that its caller removes. */
export async function restoreStreamsAside(
  { root: from, key }: BackupRepository,
  dataDir: string,
  onStep: (step: string) => void,
): Promise<RestoredRecords["ledger"]> {
  return (await restoreInto(dataDir, { from, key, target: {} }, onStep, () => {})).ledger;
}

async function requireNew(dataDir: string): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(dataDir)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new BackupError("unusable", `Cannot restore into ${dataDir}: ${(error as Error).message}`);
  });
  if (entries.length > 0) {
    throw new BackupError("in_use", `${dataDir} is not empty: restore into a new directory`);
  }
}

/** Starts a server in the directory, and restores there. It is stopped then; what is half done is removed. */
async function restoreInto(
  dataDir: string,
  source: RestoreSource,
  onStep: (step: string) => void,
  onRecord: () => void,
): Promise<RestoredRecords> {
  const { openDevelopmentServer } = await import("../../../backends/nats/development/development_server.ts");
  const server = await openDevelopmentServer({ role: "node", dataDir });
  try {
    const options = { url: server.url, credentials: { token: server.token }, syncAlways: true };
    const restored = await restoreRecords({ ...source, options, isAlone: true, onStep, onRecord });
    await server.close();
    return restored;
  } catch (error) {
    await server.close();
    await Deno.remove(dataDir, { recursive: true });
    throw error;
  }
}
