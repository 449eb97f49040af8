import { join } from "node:path";
import { exists } from "./unpack.ts";

/** A log file larger than this, in bytes, is begun anew at the next start. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

/** How much of the end of a log is looked at for the reason of a failed start, in bytes. */
const TAIL_BYTES = 8192;

/**
 * A file for each day of the week, written over a week later, by a process of the server's own: it goes on
 * when we are gone. Statements, their values and details are left out, for they are about people.
 */
export const LOG_SETTINGS = {
  log_destination: "stderr",
  logging_collector: "on",
  log_filename: "server-%a.log",
  log_rotation_age: "1d",
  log_rotation_size: "0",
  log_truncate_on_rotation: "on",
  log_file_mode: "0600",
  log_checkpoints: "off",
  log_statement: "none",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
};

/** Keeps the logs bounded also where the server is always started on the same day of the week. */
export async function trimLogs(directory: string): Promise<void> {
  for await (const { path, info } of logFiles(directory)) {
    if (info.size > MAX_LOG_BYTES) await Deno.remove(path);
  }
}

/** The end of the log written last, if anything was written since (milliseconds since 1970); else nothing. */
export async function latestLog(directory: string, since: number): Promise<string> {
  let newest: { path: string; modified: number } | undefined;
  for await (const { path, info } of logFiles(directory)) {
    const modified = info.mtime?.getTime() ?? 0;
    if (modified >= since && modified >= (newest?.modified ?? 0)) newest = { path, modified };
  }
  return newest === undefined ? "" : await tail(newest.path);
}

async function* logFiles(directory: string): AsyncGenerator<{ path: string; info: Deno.FileInfo }> {
  if (!await exists(directory)) return;
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isFile && entry.name.endsWith(".log")) yield { path, info: await Deno.lstat(path) };
  }
}

async function tail(path: string): Promise<string> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  await file.seek(Math.max(0, size - TAIL_BYTES), Deno.SeekMode.Start);
  return await new Response(file.readable).text();
}
