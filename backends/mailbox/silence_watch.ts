/**
 * Watches a question to the store that is open for long. A store that answers elsewhere meanwhile is slow, and its answer is
 * waited for; one that answers nowhere is away, which is known seconds before a statement's own deadline.
 * @module
 */
import { BackendUnavailable } from "../errors.ts";
import type { Clock } from "../primitives/clock.ts";
import type { Liveness } from "./lease_store.ts";

/** An answer that takes longer is overdue, in milliseconds: usual ones take less than ten. */
const OVERDUE_MS = 1_000;
/** A probe is given this long before the store counts as silent; then another one is begun, and those before it go on. */
const PROBE_MS = 1_200;
/** How long after a silence the open question may still be answered: the connections of a server that was stopped live on. */
const GRACE_MS = 250;

interface SilenceListener {
  onSilent(error: BackendUnavailable): void;
  /** The store answers again, but not where the question is open. */
  onAnswersElsewhere(): void;
}

/** Watches until the signal says that the question was answered. */
export async function watchSilence(
  liveness: Liveness,
  clock: Clock,
  answered: AbortSignal,
  listener: SilenceListener,
): Promise<void> {
  const since = clock.now();
  while (!answered.aborted) {
    await clock.wait(OVERDUE_MS, answered);
    const wasSilent = await probe(liveness, clock, answered, (failure) => {
      const silentMs = clock.now() - since;
      const message = failure?.message ?? `${liveness.store} is away (no answer for ${silentMs} ms)`;
      listener.onSilent(new BackendUnavailable(message, { silentMs, cause: failure }));
    });
    if (!wasSilent) continue;
    await clock.wait(GRACE_MS, answered);
    if (!answered.aborted) return listener.onAnswersElsewhere();
  }
}

/** Asks until there is an answer, or the open question has one. True when the store was silent before. */
async function probe(
  liveness: Liveness,
  clock: Clock,
  answered: AbortSignal,
  onSilent: (failure: Error | undefined) => void,
): Promise<boolean> {
  const answeredThere = new AbortController();
  const over = AbortSignal.any([answered, answeredThere.signal]);
  let failure: Error | undefined;
  let isSilent = false;
  while (!over.aborted) {
    liveness.probe(over).then(() => answeredThere.abort("answered"), (error) => failure = error);
    await clock.wait(PROBE_MS, over);
    if (over.aborted) break;
    isSilent = true;
    onSilent(failure);
  }
  return isSilent;
}
