import { systemError } from "./errors.ts";

/** Deno before 2.7 has no `tryLock`; a lock that is free is had well within this time, in milliseconds. */
const PATIENCE_WITHOUT_TRY_LOCK_MS = 250;

/** How often a lock that is held is tried again, in milliseconds. */
const RETRY_MS = 20;

/** How long to wait in silence, in milliseconds, before telling that somebody else has the lock. */
const TELL_AFTER_MS = 2000;

/*
 * The system releases a lock when its file is closed or its process dies, however it dies. A file is locked
 * once and never changed from one kind to the other: without `tryLock` a refused lock may still arrive, and
 * must find its file closed.
 */

/** Takes the lock exclusively if nobody has it, else answers undefined. Close the file to release it. */
export async function takeIfFree(path: string): Promise<Deno.FsFile | undefined> {
  const file = await openLock(path);
  if (await tryLock(file)) return file;
  file.close();
  return undefined;
}

/**
 * Takes the lock together with others; waits while somebody has it exclusively. Close the file to release it.
 */
export async function takeShared(path: string): Promise<Deno.FsFile> {
  const file = await openLock(path);
  await file.lock(false);
  return file;
}

/** Runs `act` while holding the lock exclusively; waits for it as long as its holder lives. */
export async function whileLocked<T>(path: string, act: () => Promise<T>, onWaiting: () => void): Promise<T> {
  using file = await openLock(path);
  const notice = setTimeout(onWaiting, TELL_AFTER_MS);
  try {
    await waitForLock(file);
  } finally {
    clearTimeout(notice);
  }
  return await act();
}

/** Writes this process's id into a lock it holds, for whoever is refused. */
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
  while (!await file.tryLock(true)) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

async function tryLock(file: Deno.FsFile): Promise<boolean> {
  if (typeof file.tryLock === "function") return await file.tryLock(true);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const impatience = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_WITHOUT_TRY_LOCK_MS, false);
  });
  const taken = await Promise.race([file.lock(true).then(() => true), impatience]);
  clearTimeout(timer);
  return taken;
}
