/** `backup list`. @module */
import { BackupRepository } from "../../../backends/backup/repository.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { sizeOf, summaryOf } from "./create.ts";
import { holdingsOf } from "./kept.ts";
import type { ListValues } from "./options.ts";
import { keyFrom, required } from "./source.ts";

const COLUMNS = ["id", "label", "restorable_from", "restorable_to", "bytes", "server_version", "encrypted"];

/** Lists the backups, oldest first. */
export async function listBackups(values: ListValues, output: Output): Promise<number> {
  const from = required(values.from, "list", "from");
  const repository = await BackupRepository.open(from, await keyFrom(values["key-file"]));
  const { backups, ranges } = await holdingsOf(repository);
  const rows = backups.map((backup) => {
    const { from, to, position } = ranges.find(({ base }) => base === backup.id)!;
    const range = { restorable_from: from, restorable_to: to, position };
    return { ...summaryOf(backup), ...range, bytes: sizeOf(backup) };
  });
  printResult(
    output,
    values,
    listResult("backups", rows, { columns: COLUMNS, empty: "There are no backups" }),
  );
  return exitCodes.ok;
}
