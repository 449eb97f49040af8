/** `audit`: whether the log is still what was stored. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { verifyOptions } from "./options.ts";

const verify = command({
  name: "verify",
  summary: "Verifies the chain of hashes over the log, and names the first thing that differs",
  options: verifyOptions,
  notes: [
    "Blocks of hashes over what is stored each name the one before: on PostgreSQL a node closes one every five seconds, on",
    "JetStream each record is one. Here everything is hashed again. Whoever may change all of a store can make a new chain:",
    "keep what --json prints elsewhere, and give it with --heads the next time.",
  ].join("\n"),
  examples: [
    ["zaakstroom audit verify --json > heads.json", "keep that on another machine"],
    ["zaakstroom audit verify --heads heads.json", "the same log, and what came since"],
  ],
  exits: {
    [exitCodes.ok]: "everything is as it was stored",
    [exitCodes.failed]: "something was changed, removed, or put in between",
  },
  run: async ({ values }: Parsed<typeof verifyOptions>, output) =>
    await (await import("./run.ts")).verifyLog(values, output),
});

export const audit = commandGroup({
  name: "audit",
  summary: "Verifies that nobody has changed what was stored",
  subcommands: [verify],
});
