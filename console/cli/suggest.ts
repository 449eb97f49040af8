/** Suggests what a misspelt word may have meant. @module */
import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** `did you mean start?`, or the list of what there is when nothing is near. */
export function suggest(given: string, known: readonly string[], prefix = ""): string {
  const nearest = nearestOf(given, known);
  return nearest === undefined
    ? `there are ${known.map((each) => prefix + each).join(", ")}`
    : `did you mean ${prefix}${nearest}?`;
}

/** The known word that a misspelt one may have meant. */
export function nearestOf(given: string, known: readonly string[]): string | undefined {
  const nearest = closestString(given, [...known]);
  const most = Math.max(1, Math.floor(nearest.length / 2));
  return given.includes(nearest) || levenshteinDistance(given, nearest) <= most ? nearest : undefined;
}
