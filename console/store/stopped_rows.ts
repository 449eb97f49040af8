/** Dead letters and parked deliveries as commands print them. @module */
import { withoutContactData } from "../../actors/application.ts";
import type { StoppedDelivery } from "../../backends/dead_letters.ts";
import { maskCaseId, redactBsns } from "../../schema/bsn.ts";
import { toPublicEvent } from "../cli/case_timeline.ts";
import { toPrintableParts } from "../cli/redaction.ts";

/** A dead letter, or a parked delivery, as programs see it, without personal data. */
export function stoppedRow(
  { processor, partition, caseId, event, failures, attempts, held, since }: StoppedDelivery,
) {
  return {
    position: event.position,
    since,
    processor,
    partition,
    case_id: maskCaseId(caseId),
    event_type: event.event.event_type,
    error: failures.at(-1)?.class ?? "unknown",
    attempts,
    held,
    event: toPublicEvent(event),
    failures: failures.map(({ message, stack, ...failure }) => ({
      ...failure,
      message: withoutContactData(redactBsns(message)),
      ...(stack === undefined ? {} : { stack: withoutContactData(redactBsns(stack)) }),
    })),
  };
}

/** The same in words, with the evidence of every attempt. */
export function describeStopped(row: ReturnType<typeof stoppedRow>): string {
  const stacks = row.failures.map((failure) => ({ ...failure, stack: failure.stack?.split("\n") }));
  const { event: { version, event, malformed }, failures, ...letter } = toPrintableParts({
    ...row,
    failures: stacks,
  });
  const { position, since, processor, event_type, error, attempts, held, case_id } = letter;
  const attempted = failures.map(({ class: name, message, stack, at }, i) => {
    const trace = stack === undefined ? "" : stack.map((line) => `\n    ${line}`).join("");
    return `  attempt ${i + 1} at ${at}: ${name}: ${message}${trace}`;
  });
  return [
    `${position}  ${since}  ${processor}  ${event_type}  ${error} after ${attempts} attempts, ${held} held  ${case_id}`,
    `  event ${event.event_id} of ${event.timestamp}, version ${version} of its case`,
    malformed === undefined
      ? `  data ${redactBsns(JSON.stringify(event.data))}`
      : `  not an event: ${malformed}`,
    ...attempted,
  ].join("\n");
}
