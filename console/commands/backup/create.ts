/** `backup create`. @module */
import { delay } from "@std/async/delay";
import type { BackupKey } from "../../../backends/backup/key_file.ts";
import type { AnyManifest } from "../../../backends/backup/manifest.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { Progress } from "../../cli/terminal.ts";
import type { CreateValues } from "./options.ts";
import { keyFrom, required, withNats, withServer } from "./source.ts";

const MEGABYTE = 1_000_000;

/** Copies the server, and says what came of it. */
export async function createBackup(values: CreateValues, output: Output): Promise<number> {
  const to = required(values.to, "create", "to");
  const key = await keyFrom(values["key-file"]);
  const progress = new Progress(output, { what: "MB" });
  const pace = paceOf(values["max-rate"]);
  const onBytes = (done: number, total?: number) => {
    progress.update(done / MEGABYTE, total && Math.min(1, done / total));
    return pace(done);
  };
  const copy = values.backend === "nats" ? copyStreams : copyServer;
  const manifest = await copy(values, { to, key, label: values.label, onBytes }).finally(() =>
    progress.clear()
  );
  const bytes = sizeOf(manifest);
  printResult(output, values, {
    json: { ...summaryOf(manifest), bytes },
    text: `Made the backup ${manifest.id}: ${formatInteger(Math.ceil(bytes / MEGABYTE))} MB, ` +
      `restorable to ${newestOf(manifest)}`,
  });
  return exitCodes.ok;
}

/** Waits as long as so many bytes take at a rate, in megabytes a second. */
function paceOf(rate: number | undefined): (done: number) => Promise<void> | undefined {
  const began = performance.now();
  return (done) => {
    if (rate === undefined) return undefined;
    const aheadMs = done / (rate * MEGABYTE) * 1000 - (performance.now() - began);
    return aheadMs > 1 ? delay(aheadMs) : undefined;
  };
}

interface CopyRequest {
  readonly to: string;
  readonly key: BackupKey | undefined;
  readonly label: string;
  onBytes(done: number, total?: number): unknown;
}

async function copyServer(values: CreateValues, request: CopyRequest): Promise<AnyManifest> {
  const { createBackup } = await import("../../../backends/postgres/backup/create.ts");
  return await withServer(values, (target) => createBackup({ target, ...request }));
}

async function copyStreams(values: CreateValues, request: CopyRequest): Promise<AnyManifest> {
  const { backUpStreams } = await import("../../../backends/nats/backup/create.ts");
  return await withNats(values, (options) => backUpStreams({ options, ...request }));
}

/** Bytes of a backup, the log that belongs to it included. */
export function sizeOf({ files }: AnyManifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The moment to which a backup alone leads. */
function newestOf(backup: AnyManifest): string {
  return backup.backend === "postgres" ? backup.newest.at : backup.ended_at;
}

/** What a program wants to know of a backup. */
export function summaryOf(backup: AnyManifest) {
  const { id, label, backend, started_at, ended_at, server, key } = backup;
  return {
    id,
    label,
    backend,
    started_at,
    restorable_from: ended_at,
    restorable_to: newestOf(backup),
    position: backup.backend === "postgres" ? backup.newest.position : null,
    server_version: server.version,
    encrypted: key !== null,
  };
}
