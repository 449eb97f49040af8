/** Names under which only the runtime and its parts act: nobody acts as one of them. @module */

const RESERVED: readonly string[] = ["system", "anyone", "simulator"];

/** Letters of all scripts, marks, digits, punctuation and spaces: nothing that a terminal or a line would obey. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,200}$/u;

/** What is wrong with the name of somebody who acts; undefined when nothing is. */
export function actorNameFault(name: string): string | undefined {
  if (!PRINTABLE.test(name) || name.trim() === "") return "must be a name of 1 to 200 printable characters";
  if (!RESERVED.includes(name.trim().toLowerCase())) return undefined;
  return `must be the name of somebody: ${RESERVED.join(", ")} are the runtime's own`;
}
