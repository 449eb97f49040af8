/** `backup create`. @module */
import type { Manifest } from "../../../backends/backup/manifest.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { Progress } from "../../cli/terminal.ts";
import type { CreateValues } from "./options.ts";
import { keyFrom, required, withServer } from "./source.ts";

const MEGABYTE = 1_000_000;

/** Copies the server, and says what came of it. */
export async function createBackup(values: CreateValues, output: Output): Promise<number> {
  const to = required(values.to, "create", "to");
  const key = await keyFrom(values["key-file"]);
  const { createBackup } = await import("../../../backends/postgres/backup/create.ts");
  const progress = new Progress(output, { what: "MB" });
  const manifest = await withServer(values, async (target) => {
    const onBytes = (done: number, total: number | undefined) =>
      progress.update(done / MEGABYTE, total && Math.min(1, done / total));
    return await createBackup({ target, to, key, label: values.label, onBytes });
  }).finally(() => progress.clear());
  const bytes = sizeOf(manifest);
  printResult(output, values, {
    json: { ...summaryOf(manifest), bytes },
    text: `Made the backup ${manifest.id}: ${formatInteger(Math.ceil(bytes / MEGABYTE))} MB, ` +
      `restorable to ${manifest.newest.at}`,
  });
  return exitCodes.ok;
}

/** Bytes of a backup, the log that belongs to it included. */
export function sizeOf({ files }: Manifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What a program wants to know of a backup. */
export function summaryOf({ id, label, backend, started_at, ended_at, newest, server, key }: Manifest) {
  const { version, timeline, database } = server;
  return {
    id,
    label,
    backend,
    started_at,
    restorable_from: ended_at,
    restorable_to: newest.at,
    position: newest.position,
    server_version: version,
    timeline,
    database,
    encrypted: key !== null,
  };
}
