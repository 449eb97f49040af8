/** `backup verify`. @module */
import { join } from "node:path";
import { digestFile } from "../../../backends/backup/archive_file.ts";
import { BackupError } from "../../../backends/backup/errors.ts";
import { BackupRepository } from "../../../backends/backup/repository.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { Progress } from "../../cli/terminal.ts";
import type { VerifyBackupValues } from "./options.ts";
import { holdingsOf, type PlacedFile } from "./kept.ts";
import { holdsStreams, restoreStreamsAside } from "./restore_streams.ts";
import { keyFrom, required } from "./source.ts";

const MEGABYTE = 1_000_000;

/** What was counted in a restored store. */
type LedgerCheck = Awaited<ReturnType<typeof restoreStreamsAside>>;

/** Reads every file of one backup, or of all and the log, and compares. With --restore it restores them too. */
export async function verifyBackups(
  values: VerifyBackupValues,
  positional: readonly string[],
  output: Output,
): Promise<number> {
  if (positional.length > 1) throw new UsageError("backup verify takes one ID, see backup list");
  const from = required(values.from, "verify", "from");
  const repository = await BackupRepository.open(from, await keyFrom(values["key-file"]));
  const files = await filesOf(repository, positional[0]);
  const progress = new Progress(output, { what: "MB" });
  const faults = await compare(files, progress).finally(() => progress.clear());
  if (faults.length > 0) {
    const more = faults.length === 1 ? "" : `, and ${faults.length - 1} more files`;
    throw new BackupError("damaged", `${faults[0]} is damaged: it is not what was written (SHA-256)${more}`);
  }
  const ledger = values.restore ? await restoreAside(repository, output) : undefined;
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
  const proven = ledger === undefined
    ? ""
    : `; restored: ${formatInteger(ledger?.events ?? 0)} events, no gaps, nothing twice`;
  printResult(output, values, {
    json: { files: files.length, bytes, restored: values.restore, ledger: ledger ?? null },
    text: `${files.length} files, ${
      formatInteger(Math.ceil(bytes / MEGABYTE))
    } MB, are as they were written${proven}`,
  });
  return exitCodes.ok;
}

async function filesOf(repository: BackupRepository, id: string | undefined): Promise<PlacedFile[]> {
  const { backups, log, readOpen } = await holdingsOf(repository);
  const bases = backups.filter((base) => id === undefined || base.id === id);
  if (id !== undefined && bases.length === 0) {
    throw new CommandError(exitCodes.notFound, `There is no backup ${id}: see backup list`);
  }
  if (id === undefined) await readOpen();
  return [
    ...bases.flatMap((base) =>
      base.files.map((file) => ({ ...file, path: join(repository.basePath(base.id), file.name) }))
    ),
    ...(id === undefined ? log : []),
  ];
}

/** The paths of those that are not as they were written. */
async function compare(files: readonly PlacedFile[], progress: Progress): Promise<string[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const faults: string[] = [];
  let done = 0;
  for (const { path, bytes, sha256 } of files) {
    const found = await digestFile(path);
    if (found.bytes !== bytes || found.sha256 !== sha256) faults.push(path);
    progress.update((done += bytes) / MEGABYTE, done / total);
  }
  return faults;
}

/** Restores the newest moment into a directory that is removed then. */
async function restoreAside(repository: BackupRepository, output: Output): Promise<LedgerCheck | undefined> {
  const { restoreBackup } = await import("../../../backends/postgres/backup/restore.ts");
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-verify-" });
  // As root the server runs as another user, who must pass.
  await Deno.chmod(directory, 0o711);
  const progress = new Progress(output, { what: "MB" });
  const [dataDir, onStep] = [join(directory, "store"), (step: string) => progress.print(step)];
  const { root: from, key } = repository;
  try {
    if (await holdsStreams(from, key)) return await restoreStreamsAside(repository, dataDir, onStep);
    const restored = await restoreBackup({
      from,
      key,
      target: {},
      isDiscarded: true,
      dataDir,
      onStep,
      onBytes: (done, total) => progress.update(done / MEGABYTE, done / total),
    });
    return restored.ledger;
  } finally {
    progress.clear();
    await Deno.remove(directory, { recursive: true });
  }
}
