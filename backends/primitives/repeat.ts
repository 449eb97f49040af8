/** The loop of a background job that outlives outages of its store. @module */
import { BackendUnavailable, BackendUnusable } from "../errors.ts";
import { delayOrAbort } from "./concurrency.ts";
import { retryDelayMs } from "./retry.ts";

/**
 * Runs a job until the signal aborts, each time after the delay in milliseconds that the last run returned. While the store
 * is unavailable or unusable (its disk is full, say) it is retried with backoff, after `onOutage`; other errors are thrown.
 */
export async function repeat(
  job: () => Promise<number>,
  signal: AbortSignal,
  onOutage: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let delayMs: number;
    try {
      delayMs = await job();
      failures = 0;
    } catch (error) {
      if (!(error instanceof BackendUnavailable || error instanceof BackendUnusable)) throw error;
      await onOutage().catch(() => {});
      delayMs = retryDelayMs(failures++);
    }
    await delayOrAbort(delayMs, signal);
  }
}
