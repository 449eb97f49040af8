import { delay } from "@std/async/delay";
import { endsWithin } from "../primitives/concurrency.ts";
import { systemError } from "./errors.ts";

/** Deno before 2.7 has no `tryLock`; a lock that is free is had well within this time, in milliseconds. */
const WITHOUT_TRY_LOCK_MS = 250;

/** How often a lock that is held is tried again, in milliseconds. */
const RETRY_MS = 20;

/** How long to wait, in milliseconds, before reporting that another process has the lock. */
const REPORT_AFTER_MS = 2000;

/*
 * The system releases a lock when its file is closed or its process dies, however it dies. A file is locked
 * once and never changed from one kind to the other: without `tryLock` a refused lock may still arrive, and
 * must find its file closed.
 */

/** Takes the lock exclusively if it is free, else returns undefined. Close the file to release it. */
export async function takeIfFree(path: string): Promise<Deno.FsFile | undefined> {
  const file = await openLock(path);
  if (await tryLock(file)) return file;
  file.close();
  return undefined;
}

/** Takes the lock shared; waits while another process has it exclusively. Close the file to release it. */
export async function takeShared(path: string): Promise<Deno.FsFile> {
  const file = await openLock(path);
  await file.lock(false);
  return file;
}

/** Runs `act` while holding the lock exclusively; waits for it as long as its holder lives. */
export async function whileLocked<T>(path: string, act: () => Promise<T>, onWaiting: () => void): Promise<T> {
  using file = await openLock(path);
  const notice = setTimeout(onWaiting, REPORT_AFTER_MS);
  try {
    await waitForLock(file);
  } finally {
    clearTimeout(notice);
  }
  return await act();
}

/** Writes this process's id into a lock it holds, for the message of those it keeps out. */
export async function signLock(file: Deno.FsFile): Promise<void> {
  await file.truncate();
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
}

/** The process id its holder wrote into a lock, if it did. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const pid = Number.parseInt(await Deno.readTextFile(path), 10);
  return Number.isNaN(pid) ? undefined : pid;
}

/** Private, for it may name a process. */
async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw systemError(error, "opening a lock", path);
  }
}

async function waitForLock(file: Deno.FsFile): Promise<void> {
  if (typeof file.tryLock !== "function") return await file.lock(true);
  while (!await file.tryLock(true)) await delay(RETRY_MS);
}

async function tryLock(file: Deno.FsFile): Promise<boolean> {
  if (typeof file.tryLock === "function") return await file.tryLock(true);
  return await endsWithin(file.lock(true), WITHOUT_TRY_LOCK_MS);
}
