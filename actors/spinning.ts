/** Whether a thread that was terminated still burns its core. @module */
import process from "node:process";

/** For how long the process is watched, in milliseconds. */
const WATCHED_MS = 250;
/** Of one core: a thread that spins gets at least so much of it, also on a busy machine. */
const SPINNING_SHARE = 0.25;

/**
 * `terminate()` returns at once and does not stop a loop that never leaves native code. That a process at rest has no
 * such thread is certain; one that is busy may have one, and is then taken to have.
 */
export async function isSpinning(): Promise<boolean> {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 > SPINNING_SHARE * (performance.now() - began);
}
