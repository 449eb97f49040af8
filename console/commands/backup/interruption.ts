/**
 * Ctrl-C while something is copied or restored: it ends at its next step, and what is half done is removed. A second one ends it at once,
 * and leaves that.
 * @module
 */
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listenForStop } from "../../cli/shutdown.ts";

/** Does something that asks now and then whether it may go on; `check` throws once it was asked to stop. */
export async function whileInterruptible<T>(
  work: (check: () => void) => Promise<T>,
  outcome = "nothing was restored",
): Promise<T> {
  const stop = listenForStop(false);
  const check = () => {
    if (!stop.graceful.aborted) return;
    throw new CommandError(exitCodes.interrupted, `Stopped: ${outcome}`);
  };
  try {
    return await Promise.race([work(check), stop.immediate.then(() => check() as never)]);
  } finally {
    stop.close();
  }
}
