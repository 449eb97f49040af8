/** Waiting and bounded concurrency, by @std/async: typed here, and with errors that reach the caller unwrapped. @module */
import { abortable } from "@std/async/abortable";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { pooledMap } from "@std/async/pool";

/** Resolves after `ms` (at once when that is not positive) or when the signal aborts; never rejects. */
export async function delayOrAbort(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, { signal }).catch(() => {});
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** The answer of the work. Throws the signal's reason once that has aborted, whatever becomes of the work. */
export async function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return await abortable(work(), signal);
}

/** Whether the work ends within `ms`; its errors are thrown. By real time, also in a simulation. */
export async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  try {
    await deadline(work, ms);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") return false;
    throw error;
  }
}

/** Maps a list with at most `limit` calls under way. Throws the error of the first call that failed. */
export async function mapConcurrently<A, B>(
  limit: number,
  items: readonly A[],
  work: (item: A) => Promise<B>,
): Promise<B[]> {
  // Few items need no pool, whose streams cost some 50 µs.
  if (items.length <= limit) return await Promise.all(items.map(work));
  try {
    return await Array.fromAsync<B>(pooledMap(limit, items, work));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}
