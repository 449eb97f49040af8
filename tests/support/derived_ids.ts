/** Ids as only the runtime gives them. @module */

/** Any UUID of the version of outputs. */
export function derivedIdOfAnything(): string {
  const id = crypto.randomUUID();
  return `${id.slice(0, 14)}8${id.slice(15)}`;
}
