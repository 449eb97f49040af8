/** `backup restore` of a store on JetStream: into a nats-server of a new data directory. @module */
import type { Backend } from "../../../backends/backend.ts";
import { BackupError } from "../../../backends/backup/errors.ts";
import type { BackupKey } from "../../../backends/backup/key_file.ts";
import type { AnyManifest, NatsManifest } from "../../../backends/backup/manifest.ts";
import { BackupRepository } from "../../../backends/backup/repository.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import type { RestoreValues } from "./options.ts";

/** From where, and to where. */
interface Places {
  readonly from: string;
  readonly key: BackupKey | undefined;
  readonly dataDir: string;
}

/** Whether a directory has backups of streams. */
export async function holdsStreams(from: string, key: BackupKey | undefined): Promise<boolean> {
  const repository = await BackupRepository.open(from, key);
  return newestOfStreams(await repository.backups()) !== undefined;
}

/** The newest backup of streams; undefined where there is none. */
function newestOfStreams(backups: readonly AnyManifest[]): NatsManifest | undefined {
  return backups.filter((backup) => backup.backend === "nats").at(-1);
}

/** Restores the newest backup, and counts the store through. */
export async function restoreStreams(values: RestoreValues, places: Places, output: Output): Promise<number> {
  if (values.at !== undefined || values["at-position"] !== undefined) {
    throw new UsageError(
      "Cannot use --at with backups of JetStream: its streams are restored as they were copied",
    );
  }
  const repository = await BackupRepository.open(places.from, places.key);
  const backup = newestOfStreams(await repository.backups())!;
  await requireNew(places.dataDir);
  const plan =
    `Restores the backup ${backup.id}, as the streams were at ${backup.ended_at}; what happened later is in no backup`;
  if (values["dry-run"]) {
    printResult(output, values, { json: { backup: backup.id, newest: backup.ended_at }, text: plan });
    return exitCodes.ok;
  }
  output.err(plan);
  const ledger = await fill(repository, backup, places.dataDir, (step) => output.err(step)).catch(
    async (error) => {
      await Deno.remove(places.dataDir, { recursive: true });
      throw error;
    },
  );
  printResult(output, values, {
    json: { backup: backup.id, data_dir: places.dataDir, newest: backup.ended_at, ledger },
    text: [
      `The store is whole: ${formatInteger(ledger.events)} events of ${formatInteger(ledger.cases)} cases, ` +
      `up to position ${ledger.last_position}; no gaps, nothing twice`,
      `To go on with it: stop the nodes of the old store, then zaakstroom start --backend nats --data-dir ${places.dataDir}`,
    ].join("\n"),
  });
  return exitCodes.ok;
}

/** Restores the newest backup into a directory that its caller removes. */
export async function restoreStreamsAside(
  repository: BackupRepository,
  dataDir: string,
  onStep: (step: string) => void,
) {
  return await fill(repository, newestOfStreams(await repository.backups())!, dataDir, onStep);
}

async function requireNew(dataDir: string): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(dataDir)).catch(() => []);
  if (entries.length > 0) {
    throw new BackupError("in_use", `${dataDir} is not empty: restore into a new directory`);
  }
}

/** Starts a server in the directory, restores the streams there, and reads the store. It is stopped then. */
async function fill(
  repository: BackupRepository,
  backup: NatsManifest,
  dataDir: string,
  onStep: (step: string) => void,
) {
  const { openDevelopmentServer } = await import("../../../backends/nats/development/development_server.ts");
  const { restoreStreams } = await import("../../../backends/nats/backup/restore.ts");
  const { openNats } = await import("../../../backends/nats/nats_backend.ts");
  const server = await openDevelopmentServer({ role: "node", dataDir });
  try {
    const options = { url: server.url, credentials: { token: server.token }, syncAlways: true };
    await restoreStreams(repository, backup, options, onStep);
    onStep("Checking the store");
    const { stream, prefix } = backup.server;
    const backend = await openNats({ ...options, stream, prefix });
    return await countThrough(backend).finally(() => backend.close());
  } finally {
    await server.close();
  }
}

/** Reads every event: the versions of a case follow on each other, and no id is there twice. Throws BackupError otherwise. */
async function countThrough(backend: Backend) {
  const versions = new Map<string, number>();
  const ids = new Set<string>();
  let [events, lastPosition] = [0, 0];
  for await (const { position, version, event } of backend.readAll()) {
    const { correlation_id: caseId, event_id: id } = event;
    if (version !== (versions.get(caseId) ?? 0) + 1 || ids.has(id)) {
      throw new BackupError(
        "damaged",
        `The restored store is not whole: position ${position} does not follow`,
      );
    }
    versions.set(caseId, version);
    ids.add(id);
    [events, lastPosition] = [events + 1, position];
  }
  return { events, cases: versions.size, last_position: lastPosition };
}
