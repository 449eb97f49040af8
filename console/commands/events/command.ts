/** `events`: the log as a stream of lines. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import {
  readEventsOptions,
  type ReadEventsValues,
  tailEventsOptions,
  type TailEventsValues,
} from "./options.ts";

const NOTES =
  "Personal data is masked. With --personal it is not, and who read it and why is in the audit trail.";

const read = command({
  name: "read",
  summary: "Prints stored events by position, as NDJSON or CSV",
  options: readEventsOptions,
  notes: NOTES,
  examples: [
    ["zaakstroom events read --type case.decision --from 2026-01-01T00:00:00Z", "the decisions since then"],
    ["zaakstroom events read --case 123 --output csv", "one case, for a spreadsheet"],
  ],
  exits: { [exitCodes.interrupted]: "stopped by Ctrl-C before its end" },
  async run({ values }: Parsed<typeof readEventsOptions>, output) {
    requireReason(values);
    return await (await import("./run.ts")).readEvents(values, output);
  },
});

const tail = command({
  name: "tail",
  summary: "Prints events as they are stored, until Ctrl-C",
  options: tailEventsOptions,
  notes: NOTES,
  examples: [["zaakstroom events tail --type case.review_requested", "cases as they come to a person"]],
  async run({ values }: Parsed<typeof tailEventsOptions>, output) {
    requireReason(values);
    return await (await import("./run.ts")).tailEvents(values, output);
  },
});

/** `events`: reads the log. */
export const events = commandGroup({
  name: "events",
  summary: "Reads the log: by type, case, time and position, or as it grows",
  subcommands: [read, tail],
});

function requireReason({ personal, reason, as }: ReadEventsValues | TailEventsValues): void {
  if (!personal) return;
  if (reason === undefined) throw new UsageError("Cannot use --personal without --reason: say why");
  if (as === undefined) throw new UsageError("Cannot use --personal without --as: say who reads");
}
