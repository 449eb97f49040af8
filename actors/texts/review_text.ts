/** A pending review in words, for the caseworker who is asked. @module */
import type { DataOf } from "../../schema/events.ts";

/** Who is asked, by when, what the rules propose, and below that the reasons, one a line. */
export function describeReview(
  { asked_of, proposed, reasons, term }: DataOf<"case.review_requested">,
): string {
  const due = term === undefined ? "" : `, by ${term.due}`;
  const proposal = proposed === undefined ? "" : `, proposed: ${proposed}`;
  const lines = reasons.map(({ code, reason }) => `    ${code}: ${reason}`);
  return [`asked of the ${asked_of.replace("_", " ")}${due}${proposal}`, ...lines].join("\n");
}
