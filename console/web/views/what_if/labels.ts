/** Outcomes of a comparison, as the page names them. @module */
import type { Writer } from "../../texts/catalogue.ts";

/** An outcome in the language of the page, where it has words for it. */
export function labelIn(label: string, write: Writer): string {
  const person = /^a person \((\w+)\)$/.exec(label)?.[1];
  if (person !== undefined) return write("whatif.person", { what: write.known(`action.${person}`, person) });
  if (label === "a person (no proposal)") return write("whatif.person.none");
  const months = /^plan of at most (\d+) months$/.exec(label)?.[1];
  return months === undefined ? write.known(`action.${label}`, label) : write("whatif.plan", { months });
}
