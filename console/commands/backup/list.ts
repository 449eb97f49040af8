/** `backup list`. @module */
import type { Manifest } from "../../../backends/backup/manifest.ts";
import { BackupRepository } from "../../../backends/backup/repository.ts";
import { restorableRanges } from "../../../backends/backup/restore_plan.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { newestOf, sizeOf, summaryOf } from "./create.ts";
import type { ListValues } from "./options.ts";
import { keyFrom, required } from "./source.ts";

const COLUMNS = ["id", "label", "restorable_from", "restorable_to", "bytes", "server_version", "encrypted"];

/** Lists the backups, oldest first. */
export async function listBackups(values: ListValues, output: Output): Promise<number> {
  const from = required(values.from, "list", "from");
  const repository = await BackupRepository.open(from, await keyFrom(values["key-file"]));
  const [backups, log] = [await repository.backups(), await repository.streamed()];
  const bases = backups.filter(({ backend }) => backend === "postgres") as Manifest[];
  const ranges = new Map(
    restorableRanges(bases, log).map(({ base, to, position }) => [base, { to, position }]),
  );
  const rows = backups.map((backup) => {
    const { to, position } = ranges.get(backup.id) ?? { to: newestOf(backup), position: null };
    return { ...summaryOf(backup), restorable_to: to, position, bytes: sizeOf(backup) };
  });
  printResult(
    output,
    values,
    listResult("backups", rows, { columns: COLUMNS, empty: "There are no backups" }),
  );
  return exitCodes.ok;
}
