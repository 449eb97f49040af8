/** Whether a thread that was terminated still burns its core. @module */
import { delay } from "@std/async/delay";
import process from "node:process";

/** Looked at so often, for so long each time, in milliseconds. */
const SAMPLES = 6;
const SAMPLE_MS = 250;
/** Of one core: less than this is a process at rest. A thread that spins gets more, also on a machine that is overloaded. */
const IDLE_CPU_SHARE = 0.03;

/**
 * `terminate()` returns at once and does not stop a loop that never leaves native code. A process that comes to rest has
 * no such thread, and that is certain; one that never does may have one, and is then taken to have.
 */
export async function hasRunawayThread(): Promise<boolean> {
  for (let sample = 0; sample < SAMPLES; sample++) {
    if (await cpuShare(SAMPLE_MS) < IDLE_CPU_SHARE) return false;
  }
  return true;
}

/** The share of a core that this process uses for a while. */
async function cpuShare(forMs: number): Promise<number> {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await delay(forMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - began);
}
