/** `load`: offers a node cases at a rate, and measures what comes of it. @module */
import { command } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { loadOptions } from "./options.ts";

export const load = command({
  name: "load",
  summary: "Loads a node with cases that arrive by a schedule, and measures latency, throughput and use",
  options: loadOptions,
  notes: [
    "Cases arrive whether or not the store keeps up, and latency counts from when they were due. What is stored on",
    "a server of your own (--url) stays there: use one that may keep generated cases. On PostgreSQL run setup on it first.",
  ].join("\n"),
  examples: [
    ["zaakstroom load --rate 100/sec --duration 60s", "on an embedded PostgreSQL"],
    ["zaakstroom load --backend nats --url nats://host --rate 600/min", "on a server of your own"],
    ["zaakstroom load --rate max --slo 50ms --report report", "the highest rate that is held"],
  ],
  exits: {
    [exitCodes.ok]: "the rate was held (for max: one was found)",
    [exitCodes.failed]: "it was not",
  },
  async run({ values }: Parsed<typeof loadOptions>, output) {
    const { runLoad } = await import("./run.ts");
    return await runLoad(values, output);
  },
});
