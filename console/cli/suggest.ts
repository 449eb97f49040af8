/** "Did you mean": only where somebody may well have meant it. @module */
import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** `: did you mean start?`; or the list of what there is, when nothing is near. */
export function suggest(given: string, known: readonly string[], prefix = ""): string {
  const nearest = closestString(given, [...known]);
  const most = Math.max(1, Math.floor(nearest.length / 2));
  return given.includes(nearest) || levenshteinDistance(given, nearest) <= most
    ? `did you mean ${prefix}${nearest}?`
    : `there are ${known.map((each) => prefix + each).join(", ")}`;
}
