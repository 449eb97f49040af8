/** Which children are restarted together: the strategies of Erlang/OTP. Pure. @module */

/**
 * `one_for_one`: children do not depend on each other; `one_for_all`: each depends on all; `rest_for_one`: each depends
 * on those before it.
 */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one";

/** The children, in their order, that are restarted when one of them failed; it is among them. */
export function affected(strategy: Strategy, children: readonly string[], failed: string): readonly string[] {
  switch (strategy) {
    case "one_for_one":
      return [failed];
    case "one_for_all":
      return children;
    case "rest_for_one":
      return children.slice(children.indexOf(failed));
  }
}

/** True when children wait for each other at start and stop. */
export function isOrdered(strategy: Strategy): boolean {
  return strategy !== "one_for_one";
}
