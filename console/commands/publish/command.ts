/** `publish`: stores events from a file or standard input. @module */
import { command } from "../../cli/command.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { publishOptions } from "./options.ts";

export const publish = command({
  name: "publish",
  summary: "Stores events from a file, or from standard input (-)",
  arguments: "FILE|-",
  options: publishOptions,
  notes: [
    "Takes one JSON value (an event, or an array of them) or NDJSON (an event a line). An event is the envelope of",
    "event_type and data, the bare data of an intake, or a CloudEvent. A batch is stored whole or not at all: a line that is",
    "refused is named by its number, with the rule it breaks, and ends the command with exit code 3.",
    "An event_id that is stored already is skipped, so a file may be published again.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof publishOptions>, output) {
    const [file, ...more] = positional;
    if (file === undefined || more.length > 0) {
      throw new UsageError("publish takes one FILE, or - for standard input");
    }
    const { publishEvents, validateEvents } = await import("./run.ts");
    return values["dry-run"]
      ? await validateEvents(file, values, output)
      : await publishEvents(file, values, output);
  },
});
