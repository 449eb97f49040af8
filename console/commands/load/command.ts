/** `load`: offers a node cases at a rate, and measures what comes of it. @module */
import { command } from "../../cli/command.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { loadOptions } from "./options.ts";

export const load = command({
  name: "load",
  summary: "Loads a node with cases that arrive by a schedule, and measures latency, throughput and use",
  options: loadOptions,
  notes: [
    "Examples:",
    "  zaakstroom load --rate 100/sec --duration 60s                on the embedded PostgreSQL",
    "  zaakstroom load --backend nats --url nats://host --rate 600/min",
    "  zaakstroom load --rate max --slo 50ms --report report        the highest rate that is held",
    "",
    "Cases arrive whether or not the store keeps up, and latency counts from when they were due. What is stored on",
    "a server of your own (--url) stays there: use one that may keep generated cases.",
    "Exit code 0 when the rate was held (for max: when one was found), 1 when it was not.",
  ].join("\n"),
  async run({ values }: Parsed<typeof loadOptions>, output) {
    const { runLoad } = await import("./run.ts");
    return await runLoad(values, output);
  },
});
