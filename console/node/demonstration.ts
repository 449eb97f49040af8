/** What is told of generated cases: their mandate, at the start of a run that has some and in its summary, and their faults. @module */
import { demonstrationMandate } from "../../actors/application.ts";
import { simulatedCaseworkers } from "../../schema/authority/names.ts";
import { FAULTY_FOR_MS, ONE_OF } from "../../simulators/demonstration/demo_faults.ts";

/** Its name, and who decides where a person is asked. */
export const demonstration = { name: demonstrationMandate.name, caseworkers: simulatedCaseworkers };

/** One line. */
export function describeMandate(): string {
  return `Generated cases are decided on under the mandate ${demonstration.name}, which holds for no other case; where a ` +
    `person is asked: ${simulatedCaseworkers.join(" and ")}. To store none: producers deny simulator`;
}

/** One line for `--demo-faults`. */
export function describeDemoFaults(): string {
  return `For ${
    FAULTY_FOR_MS / 1000
  } s the intake fails at one generated case in ${ONE_OF} (--demo-faults): look at Stuck, ` +
    "or at dlq list, and redrive them when it is over";
}
