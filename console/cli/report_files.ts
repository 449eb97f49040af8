/** Reports on the disk, and the machine that they name. @module */
import { join } from "node:path";
import { indexPage, readEntry, reportPage } from "../../simulators/reports/html_page.ts";
import { plotFiles, reportMarkdown } from "../../simulators/reports/markdown.ts";
import type { Report, ReportEntry } from "../../simulators/reports/report.ts";
import { CommandError, exitCodes } from "./exit_codes.ts";
import { toPrintableLines } from "./redaction.ts";

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

/**
 * Writes a report as Markdown, its plots and a page, and then the index of the directory. Answers the page's path.
 * @throws CommandError when the directory can't be written to
 */
export async function writeReport(directory: string, report: Report): Promise<string> {
  const { name } = report;
  const at = new Date().toISOString();
  const files = {
    ...plotFiles(report),
    [`${name}.md`]: reportMarkdown(report, at),
    [`${name}.html`]: reportPage(report, at),
  };
  try {
    for (const [file, content] of Object.entries(files)) {
      await Deno.writeTextFile(join(directory, file), toPrintableLines(content));
    }
    await Deno.writeTextFile(join(directory, "index.html"), indexPage(await readEntries(directory)));
  } catch (error) {
    const reason = (error as Error).message;
    throw new CommandError(exitCodes.unusable, `Cannot write the report to ${directory}: ${reason}`);
  }
  return join(directory, `${name}.html`);
}

async function readEntries(directory: string): Promise<ReportEntry[]> {
  const entries: ReportEntry[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    if (!isFile || !name.endsWith(".html")) continue;
    const entry = readEntry(name, await Deno.readTextFile(join(directory, name)));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** What figures were measured on: cores, system, versions. */
export function describeMachine(): string {
  const { deno, v8 } = Deno.version;
  return `${navigator.hardwareConcurrency} cores, ${Deno.build.os} ${Deno.build.arch}, Deno ${deno}, V8 ${v8}`;
}
