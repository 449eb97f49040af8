/**
 * Uncaught errors that are known to be harmless. A library may throw an error from a callback that no caller of ours can
 * catch, although what it concerns is reported another way. Whoever knows such an error declares it here; every other
 * uncaught error is a crash.
 * @module
 */

type Predicate = (error: unknown) => boolean;

const harmless = new Set<Predicate>();

/** True when an uncaught error has been declared harmless. */
export function isHarmless(error: unknown): boolean {
  return [...harmless].some((matches) => matches(error));
}

/** Keeps errors that match from ending the process, until the returned function is called. */
export function tolerateUncaught(matches: Predicate): () => void {
  if (harmless.size === 0) globalThis.addEventListener("error", preventIfHarmless);
  harmless.add(matches);
  return () => {
    harmless.delete(matches);
    if (harmless.size === 0) globalThis.removeEventListener("error", preventIfHarmless);
  };
}

function preventIfHarmless(event: ErrorEvent): void {
  if (isHarmless(event.error)) event.preventDefault();
}
