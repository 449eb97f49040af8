/** Knowing when a node has nothing left to do. @module */
import type { Backend, Health } from "../backends/backend.ts";
import { BackendAway } from "../backends/backend.ts";
import { pause } from "../backends/patience.ts";

/** Nothing is pending and nothing will be tried again by itself; what is dead waits for a person, not for us. */
export function isIdle({ mailboxes }: Health): boolean {
  return mailboxes.length > 0 && mailboxes.every(({ pending, retrying }) => pending === 0 && retrying === 0);
}

/**
 * Resolves when the store is idle. `quietMs` says how long nothing has been settled: while work flows, the store is
 * not asked.
 */
export async function untilIdle(backend: Backend, quietMs: () => number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(Math.max(20, 100 - quietMs()), signal);
    if (quietMs() < 50) continue;
    try {
      if (isIdle(await backend.health())) return;
    } catch (error) {
      if (!(error instanceof BackendAway)) throw error;
    }
    await pause(50, signal);
  }
}
