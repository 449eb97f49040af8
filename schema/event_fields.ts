/** Fields that the data of several event types share. @module */
import { z } from "zod";

/**
 * The ordering key: any text of 1 to 128 characters. Control characters, those from U+0080 to U+009F included, are refused:
 * no text store takes all of them, and they repaint terminals.
 */
// deno-lint-ignore no-control-regex
export const caseIdSchema = z.string().min(1).max(128).regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, {
  error: "a case_id has no control characters",
});

/** What can be decided on a claim. */
export const decisions = ["forgive", "payment_plan", "collect", "refer_assistance"] as const;

/** A name, a code or a line. */
export const shortText = z.string().min(1).max(200);

/** A text for a person. */
export const longText = z.string().min(1).max(4000);

/** From this day on there are rules to decide by; an earlier event is marked when it is taken in. */
export const FIRST_RULE_DAY = "2012-07-01";

/** How sure a figure or a rule is. */
export const certainty = z.enum(["quoted", "secondary", "policy", "assumption", "unverified"]);

/**
 * The dated figures that a decision rests on: the first day of the value used, how sure it is, and by how much it was
 * raised where none is published for the day.
 */
export const usedFigures = z.array(
  z.looseObject({ id: shortText, from: z.iso.date(), certainty, raised: z.number().min(0).optional() }),
).max(50);
