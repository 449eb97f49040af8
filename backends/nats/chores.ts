/** What a node does beside the mailboxes: takes in what is at the door, and keeps the read model near. @module */
import { BackendAway, BackendRefused } from "../backend.ts";
import { patience, pause } from "../patience.ts";

/** Between two looks, in milliseconds. */
const EVERY_MS = 250;
/** The read model may take one part in so many of the time, so that it never competes with the mailboxes. */
const PROJECTION_SHARE = 20;

interface Chores {
  /** Each returns how much there was to do. */
  takeIn(): Promise<number>;
  project(): Promise<number>;
  /** Makes anew what the chores need and somebody removed. */
  restore(): Promise<unknown>;
}

/** Runs the chores until the signal aborts. Several nodes may do so at once. */
export async function doChores({ takeIn, project, restore }: Chores, signal: AbortSignal): Promise<void> {
  const door = async () => await takeIn() > 0 ? 0 : EVERY_MS;
  const model = async () => {
    const began = performance.now();
    const projected = await project();
    const rest = (performance.now() - began) * PROJECTION_SHARE;
    return projected > 0 ? rest : 4 * EVERY_MS + rest;
  };
  await Promise.all([repeat(door, restore, signal), repeat(model, restore, signal)]);
}

/** Does a chore again and again, waiting as long as it says. While the server is away or full it is tried at leisure. */
async function repeat(
  chore: () => Promise<number>,
  restore: Chores["restore"],
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let wait: number;
    try {
      wait = await chore();
      failures = 0;
    } catch (error) {
      if (!(error instanceof BackendAway || error instanceof BackendRefused)) throw error;
      await restore().catch(() => {});
      wait = patience(failures++);
    }
    await pause(wait, signal);
  }
}
