/** Detects a terminated thread that still runs. @module */
import { delay } from "@std/async/delay";
import process from "node:process";

/** Number of samples, and the length of each. */
const SAMPLES = 6;
const SAMPLE_MS = 250;
/** Share of one core below which a process is idle. A thread in a loop gets more even on an overloaded machine. */
const IDLE_CPU_SHARE = 0.03;

/**
 * `terminate()` returns at once and does not stop a loop that never leaves native code. A process that becomes idle
 * certainly has no such thread; one that stays busy in all six samples is assumed to have one.
 */
export async function hasRunawayThread(): Promise<boolean> {
  for (let sample = 0; sample < SAMPLES; sample++) {
    if (await cpuShare(SAMPLE_MS) < IDLE_CPU_SHARE) return false;
  }
  return true;
}

/** The share of one core that this process uses during `forMs`. */
async function cpuShare(forMs: number): Promise<number> {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await delay(forMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - began);
}
