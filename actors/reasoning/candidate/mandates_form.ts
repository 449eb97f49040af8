/** The mandates of the system as people write them: amounts in euros. @module */
import { z } from "zod";
import { writtenEuros } from "../../../schema/money.ts";
import { demonstrationMandate, mandatedDecisions } from "../rules/mandates.ts";
import type { SystemMandate } from "../rules/policy.ts";

const MOST_EUROS = 100_000;
const upTo = `must be euros from 0 to ${MOST_EUROS}`;
const name = z.string("must be a text").min(1, "must be a text").max(100, "must be at most 100 characters");

const mandateSchema = z.strictObject({
  name: name.refine((given) => given !== demonstrationMandate.name, "is that of generated cases"),
  decisions: z.array(
    z.enum(mandatedDecisions, `must be one of ${mandatedDecisions.join(", ")}`),
    "must be a list",
  )
    .min(1, "must name a decision"),
  up_to: z.number(upTo).min(0, upTo).max(MOST_EUROS, upTo).multipleOf(0.01, "must be whole cents"),
  given_by: name,
  since: z.iso.date("must be a day such as 2026-01-31"),
}).transform(({ up_to, given_by, ...mandate }): SystemMandate => ({
  ...mandate,
  upTo: Math.round(up_to * 100),
  givenBy: given_by,
}));

/** A list of mandates, in the order in which they are looked at; each has a name of its own. */
export const mandatesSchema = z.array(mandateSchema, "must be a list").max(50).refine(
  (mandates) => new Set(mandates.map(({ name }) => name)).size === mandates.length,
  "must have different names",
);

/** A mandate as it is written. */
export function writtenMandate({ upTo, givenBy, ...mandate }: SystemMandate) {
  const { name, decisions, since } = mandate;
  return { name, decisions: [...decisions], up_to: writtenEuros(upTo / 100), given_by: givenBy, since };
}
