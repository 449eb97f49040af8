/** Where a processor begins that is added to a store with history. Pure. @module */

/** At what comes from now on, at the beginning of the log, or at what was recorded at a time (milliseconds) or later. */
export type Beginning =
  | { readonly kind: "now" }
  | { readonly kind: "beginning" }
  | { readonly kind: "time"; readonly at: number };

/** Reads what a processor says; default now. Throws RangeError for what is no time. */
export function beginningOf(
  { name, begins = "now" }: { readonly name: string; readonly begins?: string },
): Beginning {
  if (begins === "now" || begins === "beginning") return { kind: begins };
  const at = Date.parse(begins);
  if (Number.isNaN(at)) {
    throw new RangeError(`Cannot begin ${name} at ${begins}: "now", "beginning" or an ISO time is meant`);
  }
  return { kind: "time", at };
}
