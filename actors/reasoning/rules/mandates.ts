/** The mandates of the system: what it decides alone that is adverse to a citizen or closes the case (AVG art. 22). Pure. @module */
import { FORGIVEN_ALONE_MAX } from "../../../schema/authority/second_person.ts";
import { FIRST_DAY, policy, type SystemMandate } from "./policy.ts";

/** What is adverse to a citizen, or closes the case. */
export const mandatedDecisions = ["collect", "forgive"] as const;

/** The mandate for cases that the runtime generated itself, and for no other. */
export const demonstrationMandate: SystemMandate = {
  name: "demonstration",
  decisions: mandatedDecisions,
  upTo: FORGIVEN_ALONE_MAX * 100_000,
  givenBy: "the runtime, for the cases it generates",
  since: FIRST_DAY,
};

/** The mandate under which the system decides on a case alone, on a day. */
export function mandateFor(
  decision: string,
  claim: number,
  isSimulated: boolean,
  day: string,
): SystemMandate | undefined {
  const given = isSimulated ? [demonstrationMandate] : policy.mandates;
  return given.find(({ decisions, upTo, since }) =>
    decisions.includes(decision) && claim <= upTo && since <= day
  );
}
