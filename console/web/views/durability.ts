/** What an acknowledgement means, in the language of the reader. @module */
import type { Promised } from "../../../backends/health.ts";
import type { Writer } from "../texts/catalogue.ts";

/** As the store says it where it says no more. */
export function durabilityText(durability: string, promised: Promised | undefined, write: Writer): string {
  if (promised === undefined) return durability;
  const { kind, ...fill } = promised;
  return write(`durability.${kind}`, fill);
}
