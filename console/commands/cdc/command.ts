/** `cdc`: changes of tables, decoded from PostgreSQL's own log. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { cdcStatusOptions, dropCdcOptions, snapshotOptions, startCdcOptions } from "./options.ts";

const start = command({
  name: "start",
  summary: "Streams changes as Debezium writes them, until Ctrl-C",
  options: startCdcOptions,
  notes: [
    "A new slot begins with a snapshot of the rows that are there, and goes on with what comes, without a gap. A file and a",
    "stream have each change once, however often this is killed; others may get the last ones again. The server keeps its log for the",
    "slot: bound that by max_slot_wal_keep_size, and drop a slot that is no longer used. It needs wal_level = logical.",
  ].join("\n"),
  examples: [
    ["zaakstroom cdc start --to changes.ndjson --url postgres://host/db", "our own log and outbox"],
    [
      "zaakstroom cdc start --to nats://host:4222 --url postgres://host/db",
      "a message a change, on cdc.<topic>",
    ],
  ],
  exits: { [exitCodes.inUse]: "the slot or the file is used by another process" },
  async run({ values }: Parsed<typeof startCdcOptions>, output) {
    return await (await import("./run.ts")).startCdc(values, output);
  },
});

const status = command({
  name: "status",
  summary: "Shows the slots: how far behind they are, and how much log the server keeps for them",
  options: cdcStatusOptions,
  async run({ values }: Parsed<typeof cdcStatusOptions>, output) {
    return await (await import("./run.ts")).showSlots(values, output);
  },
});

const snapshot = command({
  name: "snapshot",
  summary: "Writes the rows as they are now, without a slot",
  options: snapshotOptions,
  async run({ values }: Parsed<typeof snapshotOptions>, output) {
    return await (await import("./run.ts")).printSnapshot(values, output);
  },
});

const drop = command({
  name: "drop",
  summary: "Removes a slot and its publication: the server keeps no log for it any more",
  options: dropCdcOptions,
  exits: { [exitCodes.notFound]: "there is no such slot", [exitCodes.inUse]: "it is used" },
  async run({ values }: Parsed<typeof dropCdcOptions>, output) {
    return await (await import("./run.ts")).dropCdc(values, output);
  },
});

/** `cdc`: on PostgreSQL alone. */
export const cdc = commandGroup({
  name: "cdc",
  summary: "Change data capture on PostgreSQL, in Debezium's envelope",
  subcommands: [start, status, snapshot, drop],
});
