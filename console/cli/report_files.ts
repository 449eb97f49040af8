/** Reports on the disk. @module */
import { join } from "node:path";
import { type ReportDocument, reportFiles } from "../../simulators/reports/report_page.ts";
import { CommandError, exitCodes } from "./exit_codes.ts";

/** Makes the directory of a report, before any work is done. Throws CommandError when it can't be had. */
export async function prepareReports(directory: string): Promise<void> {
  try {
    await Deno.mkdir(directory, { recursive: true });
    const probe = join(directory, `.zaakstroom-${crypto.randomUUID().slice(0, 8)}`);
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    const reason = error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory
      ? "it is a file, or lies under one"
      : error instanceof Deno.errors.PermissionDenied
      ? "it may not be written to"
      : (error as Error).message;
    throw new CommandError(exitCodes.usage, `Cannot use --report ${directory}: ${reason}`);
  }
}

/** Writes the files of a report. */
export async function writeReport(directory: string, name: string, report: ReportDocument): Promise<void> {
  for (const [file, content] of Object.entries(reportFiles(report, name))) {
    await Deno.writeTextFile(join(directory, file), content);
  }
}
