/** `backup expire`. @module */
import { isLogNeeded, planExpiry } from "../../../backends/backup/expiry.ts";
import type { AnyManifest, NatsManifest } from "../../../backends/backup/manifest.ts";
import { BackupRepository } from "../../../backends/backup/repository.ts";
import { parseLsn, parseSegmentName, segmentOf } from "../../../backends/backup/wal_position.ts";
import { KeptLog } from "../../../backends/nats/backup/kept_log.ts";
import { needlessFiles } from "../../../backends/nats/backup/restore_plan.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import type { ExpireValues } from "./options.ts";
import { keyFrom, required } from "./source.ts";

/** Removes what the retention does not keep, and the log that only those backups needed. */
export async function expireBackups(values: ExpireValues, output: Output): Promise<number> {
  const from = required(values.from, "expire", "from");
  const { keep } = values;
  if (keep === undefined) throw new UsageError("backup expire needs --keep");
  const repository = await BackupRepository.open(from, await keyFrom(values["key-file"]));
  using _lock = await repository.lock("create");
  const { kept, removed } = planExpiry(await repository.backups(), keep);
  const log = await needlessLog(repository, kept);
  const records = new KeptLog(repository);
  const needless = needlessFiles(
    kept.filter(({ backend }) => backend === "nats") as NatsManifest[],
    await records.read(),
  );
  if (!values["dry-run"]) {
    for (const { id } of removed) await repository.removeBase(id);
    for (const name of log) await repository.removeSegment(name);
    for (const name of needless) await records.remove(name);
  }
  const logFiles = log.length + needless.length;
  const would = values["dry-run"] ? "Would remove" : "Removed";
  printResult(output, values, {
    json: {
      removed: removed.map(({ id }) => id),
      kept: kept.map(({ id }) => id),
      log_files_removed: logFiles,
    },
    text: [
      ...removed.map(({ id, label }) => `${would} ${id}${label === "" ? "" : ` (${label})`}`),
      `${would} ${removed.length} of ${
        removed.length + kept.length
      } backups, and ${logFiles} files of the log`,
    ].join("\n"),
  });
  return exitCodes.ok;
}

async function needlessLog(repository: BackupRepository, backups: readonly AnyManifest[]): Promise<string[]> {
  const kept = backups.filter((backup) => backup.backend === "postgres");
  const bytes = kept[0]?.server.segment_bytes;
  if (bytes === undefined) return [];
  const needs = kept.map((base) => ({ ...base, firstSegment: segmentOf(parseLsn(base.start_lsn), bytes) }));
  const { segments } = await repository.streamed();
  return segments.map(({ name }) => name).filter((name) =>
    !isLogNeeded(parseSegmentName(name, bytes)!, needs)
  );
}
