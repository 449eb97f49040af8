/** `compare`: the backends side by side on the same work, and other programs beside them. @module */
import { command } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { compareOptions } from "./options.ts";

export const compare = command({
  name: "compare",
  summary: "Puts the backends side by side on the same seeded work, in turns, in one run",
  options: compareOptions,
  notes: [
    "What cannot be had (no nats-server) is left out, and named. What is stored on servers of your own (--postgres-url,",
    "--nats-url) stays there: use ones that may keep generated cases. On PostgreSQL run setup on it first.",
  ].join("\n"),
  exits: { [exitCodes.failed]: "--relayed: decisions differ" },
  async run({ values }: Parsed<typeof compareOptions>, output) {
    if (values.peers && Deno.build.standalone) {
      throw new UsageError("Cannot use --peers in the compiled program: run it from a clone");
    }
    if (values.relayed) {
      if (values.peers || values.report !== undefined) {
        throw new UsageError("Cannot use --relayed with --peers or --report: it measures nothing");
      }
      return await (await import("./relayed.ts")).runRelayed(values, output);
    }
    const { runCompare } = await import("./run.ts");
    return await runCompare(values, output);
  },
});
