/** Which dead letters, or parked deliveries, a command is about. @module */
import type { DeadLetterFilter } from "../../backends/dead_letters.ts";
import { text, wholeNumber } from "../../schema/settings.ts";
import { UsageError } from "../cli/exit_codes.ts";
import type { Values } from "../cli/options.ts";
import { limitOption } from "./options.ts";

export const stoppedFilterOptions = {
  processor: { schema: text.optional(), value: "NAME", help: "only of this processor" },
  case: { schema: text.optional(), value: "ID", help: "only of this case" },
  limit: {
    ...limitOption,
    schema: wholeNumber(1, 10_000).default(100),
    help: "touch at most this many; default 100",
  },
} as const;

/** The filter in options and a position; `see` is the command that lists positions. Throws UsageError. */
export function stoppedFilterOf(
  { limit, processor, case: caseId }: Values<typeof stoppedFilterOptions>,
  [at, ...more]: readonly string[],
  see: string,
): DeadLetterFilter {
  const wrong = more[0] ?? (at === undefined || /^\d{1,15}$/.test(at) ? undefined : at);
  if (wrong !== undefined) {
    throw new UsageError(`Cannot use ${wrong}: a POSITION is a whole number, see ${see}`);
  }
  return {
    limit,
    ...(processor === undefined ? {} : { processor }),
    ...(caseId === undefined ? {} : { caseId }),
    ...(at === undefined ? {} : { position: Number(at) }),
  };
}
