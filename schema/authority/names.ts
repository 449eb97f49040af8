/** Names under which only the runtime and its parts act: nobody acts as one of them. @module */

/** Whoever has no name that a server proves, or one to which nothing was granted. */
export const ANYONE = "anyone";
/** What the runtime generates itself, to show and to test. */
export const SIMULATOR = "simulator";
/** Who decides on generated cases, under the mandate of the demonstration, and on no other. */
export const simulatedCaseworkers: readonly string[] = ["simulated-caseworker-1", "simulated-caseworker-2"];
/** The runtime: what follows from other events. */
const SYSTEM = "system";

const RESERVED: readonly string[] = [SYSTEM, ANYONE, SIMULATOR];

/** Letters of all scripts, marks, digits, punctuation and spaces: nothing that a terminal or a line would obey. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,200}$/u;

/** What is wrong with the name of somebody who acts; undefined when nothing is. */
export function actorNameFault(name: string): string | undefined {
  if (!PRINTABLE.test(name) || name.trim() === "") return "must be a name of 1 to 200 printable characters";
  if (!isReserved(name)) return undefined;
  return `must be the name of somebody: ${RESERVED.join(", ")} are the runtime's own`;
}

/** True for a name of the runtime's own, and for a part of one: `simulator/citizen`. */
export function isReserved(name: string): boolean {
  return RESERVED.includes(comparable(name).split("/")[0]!);
}

/** True when both are the name of one person, however it is written. */
export function isSameActor(one: string, other: string): boolean {
  return comparable(one) === comparable(other);
}

function comparable(name: string): string {
  return name.normalize("NFKC").trim().replaceAll(/\s+/g, " ").toLowerCase();
}
