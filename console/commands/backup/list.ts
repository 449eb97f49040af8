/** `backup list`. @module */
import { BackupRepository } from "../../../backends/backup/repository.ts";
import { restorableRanges } from "../../../backends/backup/restore_plan.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { sizeOf, summaryOf } from "./create.ts";
import type { ListValues } from "./options.ts";
import { keyFrom, required } from "./source.ts";

const COLUMNS = ["id", "label", "restorable_from", "restorable_to", "bytes", "server_version", "encrypted"];

/** Lists the backups, oldest first. */
export async function listBackups(values: ListValues, output: Output): Promise<number> {
  const from = required(values.from, "list", "from");
  const repository = await BackupRepository.open(from, await keyFrom(values["key-file"]));
  const [bases, log] = [await repository.bases(), await repository.streamed()];
  const ranges = new Map(restorableRanges(bases, log).map((range) => [range.base, range]));
  const rows = bases.map((base) => ({
    ...summaryOf(base),
    restorable_to: ranges.get(base.id)!.to,
    position: ranges.get(base.id)!.position,
    bytes: sizeOf(base),
  }));
  printResult(
    output,
    values,
    listResult("backups", rows, { columns: COLUMNS, empty: "There are no backups" }),
  );
  return exitCodes.ok;
}
