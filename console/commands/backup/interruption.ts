/** Ctrl-C while something is restored: it ends at its next step, and what is half done is removed. @module */
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listenForStop } from "../../cli/shutdown.ts";

/** Does something that asks now and then whether it may go on; `check` throws once it was asked to stop. */
export async function whileInterruptible<T>(work: (check: () => void) => Promise<T>): Promise<T> {
  const stop = listenForStop(false);
  const check = () => {
    if (!stop.graceful.aborted) return;
    throw new CommandError(exitCodes.interrupted, "Stopped: nothing was restored");
  };
  try {
    return await work(check);
  } finally {
    stop.close();
  }
}
