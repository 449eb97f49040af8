/** Knowing when a node has nothing left to do. @module */
import type { Backend } from "../../backends/backend.ts";
import { BackendUnavailable } from "../../backends/errors.ts";
import type { Health } from "../../backends/health.ts";
import { pausedOf } from "../../backends/pauses.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";

/** Nothing is pending and nothing will be tried again by itself; what is dead, or paused, waits for a person, not for us. */
export function isSettled({ mailboxes, pauses = [] }: Pick<Health, "mailboxes" | "pauses">): boolean {
  const paused = pausedOf(pauses, "processor");
  return mailboxes.every(({ processor, pending, retrying }) =>
    (pending === 0 && retrying === 0) || paused.includes(processor)
  );
}

function isIdle(health: Health, condition: IdleCondition): boolean {
  const { mailboxes, timers, nextTimerAt } = health;
  if (mailboxes.length < condition.mailboxes || (condition.noTimers && timers > 0)) return false;
  // A timer that is due is about to make work.
  if (nextTimerAt !== null && Date.parse(nextTimerAt) <= Date.now()) return false;
  return isSettled(health);
}

/** When a node counts as idle. */
interface IdleCondition {
  /** This many mailboxes must be known: right after a start they are not yet. */
  readonly mailboxes: number;
  /** Timers must have fired too: so in simulated time, where the run is to pass years. */
  readonly noTimers: boolean;
  /** False while input from outside is still to come. */
  readonly isInputDone: () => boolean;
}

/**
 * Resolves when the store is idle. `sinceSettledMs` says how long nothing has been settled: while work flows, the store is
 * not asked. A health that was read while something was settled is not believed: its parts may be of different moments,
 * such as a mailbox before and the one that feeds it after.
 */
export async function waitUntilIdle(
  backend: Backend,
  sinceSettledMs: () => number,
  signal: AbortSignal,
  condition: IdleCondition = { mailboxes: 1, noTimers: false, isInputDone: () => true },
): Promise<void> {
  while (!signal.aborted) {
    await delayOrAbort(Math.max(20, 100 - sinceSettledMs()), signal);
    if (sinceSettledMs() < 50 || !condition.isInputDone()) continue;
    const askedAt = performance.now();
    try {
      const health = await backend.health();
      if (isIdle(health, condition) && sinceSettledMs() > performance.now() - askedAt) return;
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
    }
    await delayOrAbort(50, signal);
  }
}
