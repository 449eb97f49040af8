/** Feeding a store with generated cases: in batches, at a rate or as fast as it takes them. @module */
import type { Backend } from "../../backends/backend.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import { retryWhileUnavailable } from "../../backends/primitives/retry.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import { SIMULATOR } from "../../schema/authority/names.ts";
import type { WireEvent } from "../../schema/events.ts";
import { generateCases, type GeneratorOptions } from "../case_generator.ts";

interface AppendCasesOptions extends Omit<GeneratorOptions, "count"> {
  /** Cases to generate; without it, until the signal aborts. */
  readonly count?: number;
  /** Cases a second; without it, as fast as the store takes them. */
  readonly perSecond?: number;
  /** Changes an event before it is appended. Default: none. */
  readonly change?: (event: WireEvent) => WireEvent;
  /** Called after every append that was acknowledged, with its place among those that were begun, from 0. */
  readonly onAppended?: (events: readonly WireEvent[], duplicates: number, nth: number) => void;
}

/** Events in one append. */
const BATCH = 500;
/** Appends under way at once. */
export const CONCURRENT_APPENDS = 3;
/** A rate is kept in steps of this many milliseconds. */
const STEP_MS = 50;

/**
 * Appends generated cases; returns how many. It retries while the backend is unavailable: the ids derive from the seed,
 * so an append whose outcome is unknown can be repeated, and an interrupted run continues where it was.
 */
export async function appendGeneratedCases(
  backend: Backend,
  options: AppendCasesOptions,
  signal: AbortSignal,
): Promise<number> {
  const inFlight = new Set<Promise<void>>();
  let failed: { error: unknown } | undefined;
  let count = 0;
  let begun = 0;
  for await (const events of batches(options, signal)) {
    if (signal.aborted || failed !== undefined) break;
    const appended = appendBatch(backend, events, begun++, options, signal)
      .then(() => void (count += events.length))
      .catch((error) => void (failed ??= { error }))
      .finally(() => inFlight.delete(appended));
    inFlight.add(appended);
    if (inFlight.size >= CONCURRENT_APPENDS) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  if (failed !== undefined && !signal.aborted) throw failed.error;
  return count;
}

async function appendBatch(
  backend: Backend,
  events: WireEvent[],
  nth: number,
  options: AppendCasesOptions,
  signal: AbortSignal,
): Promise<void> {
  const { duplicates } = await retryWhileUnavailable(() => backend.append(events, "any", SIMULATOR), signal);
  options.onAppended?.(events, duplicates, nth);
}

/** Generated events in batches; with a rate, each batch when it is due by the schedule, however late the last one was. */
async function* batches(
  { perSecond, onAppended: _, change = (event) => event, count = Infinity, ...rest }: AppendCasesOptions,
  signal: AbortSignal,
): AsyncGenerator<WireEvent[]> {
  const began = performance.now();
  const size = perSecond === undefined
    ? BATCH
    : Math.min(BATCH, Math.max(1, Math.round(perSecond * STEP_MS / 1000)));
  let batch: WireEvent[] = [];
  let handedOut = 0;
  for (const { event } of generateCases({ ...rest, count })) {
    batch.push(change(withTwoDecimals(event)));
    if (batch.length < size) continue;
    if (perSecond !== undefined) {
      await delayOrAbort(began + handedOut / perSecond * 1000 - performance.now(), signal);
    }
    handedOut += batch.length;
    yield batch;
    if (signal.aborted) return;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
