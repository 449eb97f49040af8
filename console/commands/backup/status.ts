/** `backup status`. @module */
import { BackupRepository } from "../../../backends/backup/repository.ts";
import { assessBackups, type Assessment } from "../../../backends/backup/assessment.ts";
import { describeRanges } from "../../../backends/backup/restore_plan.ts";
import { defaultDataDir } from "../../../backends/local_server/data_directory.ts";
import type { SlotState } from "../../../backends/postgres/backup/backed_up_server.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatDuration, formatInteger } from "../../cli/redaction.ts";
import type { StatusValues } from "./options.ts";
import { holdingsOf } from "./kept.ts";
import { hasEmbedded, keyFrom, required, withServer } from "./source.ts";

/** Says what can be restored, and what is wrong. */
export async function showBackupStatus(values: StatusValues, output: Output): Promise<number> {
  const from = required(values.from, "status", "from");
  const repository = await BackupRepository.open(from, await keyFrom(values["key-file"]));
  const { backups, ranges, streamedTo, log } = await holdingsOf(repository);
  const isOfServer = backups.every(({ backend }) => backend === "postgres");
  const slot = isOfServer ? await slotOf(values) : undefined;
  const assessment = assessBackups(ranges, streamedTo, slot, new Date());
  printResult(output, values, {
    json: { ...assessment, backups: backups.length, ranges, slot: slot ?? null },
    text: [
      backups.length === 0 ? "There are no backups" : `Restorable: ${describeRanges(ranges)}`,
      `Backups: ${backups.length}; files of the log: ${log.length}`,
      ...newestLine(assessment),
      ...slotLine(slot),
      ...assessment.problems.map((problem) => `Problem: ${problem}`),
    ].join("\n"),
  });
  return assessment.problems.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function newestLine({ newest, age_seconds: age, gap_free: isGapFree }: Assessment): string[] {
  if (newest === null) return [];
  return [
    `Newest moment: ${newest}, ${formatDuration(age! * 1000)} ago; ${isGapFree ? "no gaps" : "with a gap"}`,
  ];
}

function slotLine(slot: SlotState | "unknown" | undefined): string[] {
  if (slot === "unknown") return ["The slot is not known: the server gives no answer"];
  if (slot === undefined) return [];
  const { name, active, lag_bytes: lag, safe_bytes: safe } = slot;
  const limit = safe === null
    ? "it may fill the server's disk: max_slot_wal_keep_size is not set"
    : `${formatInteger(safe)} bytes more before the server gives it up`;
  return [
    `Slot ${name}: ${active ? "in use" : "not in use"}, ${formatInteger(lag ?? 0)} bytes behind; ${limit}`,
  ];
}

/** Of the server that is named, or of the embedded one where there is one. After a loss there is none to ask. */
async function slotOf(values: StatusValues): Promise<SlotState | "unknown" | undefined> {
  const isThere = values.url !== undefined || await hasEmbedded(values["data-dir"] ?? defaultDataDir());
  if (!isThere) return undefined;
  const { readSlot } = await import("../../../backends/postgres/backup/backed_up_server.ts");
  const { PostgresClient } = await import("../../../backends/postgres/connection/client.ts");
  return await withServer(values, async (target) => {
    const client = new PostgresClient(target, { connections: 1 });
    return await readSlot(client, values.slot).finally(() => client.close());
  }).catch(() => "unknown" as const);
}
