/** The mandate of generated cases, in words: at the start of a run that has some, and in its summary. @module */
import { demonstrationMandate } from "../../actors/application.ts";
import { simulatedCaseworkers } from "../../schema/authority/names.ts";

/** Its name, and who decides where a person is asked. */
export const demonstration = { name: demonstrationMandate.name, caseworkers: simulatedCaseworkers };

/** One line. */
export function describeMandate(): string {
  return `Generated cases are decided on under the mandate ${demonstration.name}, which holds for no other case; where a ` +
    `person is asked: ${simulatedCaseworkers.join(" and ")}. To store none: producers deny simulator`;
}
