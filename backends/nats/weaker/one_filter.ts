/** Consumers that have one filter (before 2.10): one that covers several, and what of it is meant. Pure. @module */

/** The narrowest filter that covers all of these, which have the same number of tokens. */
export function coveringFilter(filters: readonly string[]): string {
  const [first, ...others] = filters.map((filter) => filter.split("."));
  return first!.map((token, i) => others.every((other) => other[i] === token) ? token : "*").join(".");
}

/** Whether a subject is under one of these filters, which have no wildcard but `*`. */
export function isUnder(filters: readonly string[], subject: string): boolean {
  const tokens = subject.split(".");
  return filters.some((filter) => {
    const wanted = filter.split(".");
    return wanted.length === tokens.length && wanted.every((each, i) => each === "*" || each === tokens[i]);
  });
}
