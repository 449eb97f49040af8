/** What a node does beside the mailboxes: takes in what is at the door, and keeps the read model near. @module */
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";
import { delay, retryDelayMs } from "../../primitives/retry.ts";

/** Between two looks, in milliseconds. */
const INTERVAL_MS = 250;
/** The read model may take one part in so many of the time, so that it never competes with the mailboxes. */
const PROJECTION_SHARE = 20;

interface MaintenanceJobs {
  /** Each returns how much there was to do. */
  ingestPending(): Promise<number>;
  project(): Promise<number>;
  /** Makes anew what the chores need and somebody removed. */
  restore(): Promise<unknown>;
}

/** Runs the chores until the signal aborts. Several nodes may do so at once. */
export async function runMaintenance(
  { ingestPending, project, restore }: MaintenanceJobs,
  signal: AbortSignal,
): Promise<void> {
  const ingest = async () => await ingestPending() > 0 ? 0 : INTERVAL_MS;
  const projection = async () => {
    const began = performance.now();
    const projected = await project();
    const rest = (performance.now() - began) * PROJECTION_SHARE;
    return projected > 0 ? rest : 4 * INTERVAL_MS + rest;
  };
  await Promise.all([runRepeatedly(ingest, restore, signal), runRepeatedly(projection, restore, signal)]);
}

/** Does a chore again and again, waiting as long as it says. While the server is away or full it is tried at leisure. */
async function runRepeatedly(
  job: () => Promise<number>,
  restore: MaintenanceJobs["restore"],
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let wait: number;
    try {
      wait = await job();
      failures = 0;
    } catch (error) {
      if (!(error instanceof BackendUnavailable || error instanceof BackendUnusable)) throw error;
      await restore().catch(() => {});
      wait = retryDelayMs(failures++);
    }
    await delay(wait, signal);
  }
}
