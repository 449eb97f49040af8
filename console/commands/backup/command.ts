/** `backup`: copies of a store to go back to, at any moment since. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import {
  acceptOptions,
  backupListOptions,
  backupStatusOptions,
  createBackupOptions,
  expireOptions,
  restoreOptions,
  streamOptions,
  verifyBackupOptions,
} from "./options.ts";

const damaged = { [exitCodes.failed]: "what is kept is not what was written" };
const inUse = { [exitCodes.inUse]: "another process does the same" };

const create = command({
  name: "create",
  summary: "Copies a whole server, while it works",
  options: createBackupOptions,
  notes: [
    "postgres: over the replication protocol, so that it works on any server, with no program there. The role needs",
    "REPLICATION, and the server a line for it in pg_hba.conf. The embedded PostgreSQL needs nothing.",
    "What is cut off is no backup. With stream beside it, every moment since can be restored.",
  ].join("\n"),
  examples: [
    ["zaakstroom backup create --to /backups --label before-upgrade", "the embedded PostgreSQL"],
    ["zaakstroom backup create --to /backups --url postgres://backup@host/zaakstroom", "a server"],
  ],
  exits: inUse,
  run: async ({ values }: Parsed<typeof createBackupOptions>, output) =>
    await (await import("./create.ts")).createBackup(values, output),
});

const list = command({
  name: "list",
  summary: "Lists the backups, with the moments that each can be restored to",
  options: backupListOptions,
  examples: [["zaakstroom backup list --from /backups", "oldest first"]],
  run: async ({ values }: Parsed<typeof backupListOptions>, output) =>
    await (await import("./list.ts")).listBackups(values, output),
});

const verify = command({
  name: "verify",
  summary: "Reads every file of the backups, and compares it with what was written",
  arguments: "[ID]",
  options: verifyBackupOptions,
  notes:
    "With --restore it restores the newest moment too, in a temporary directory, and counts the store through.",
  examples: [["zaakstroom backup verify --from /backups --restore", "the proof that counts"]],
  exits: damaged,
  run: async ({ values, positional }: Parsed<typeof verifyBackupOptions>, output) =>
    await (await import("./verify.ts")).verifyBackups(values, positional, output),
});

const restore = command({
  name: "restore",
  summary: "Makes a new data directory from a backup, as the store was at a moment",
  options: restoreOptions,
  notes: [
    "Chooses the backup by itself. A moment that no backup leads to is refused at once, with those that can be had.",
    "Every file is verified; the restored server is started, brought to the moment, counted through and stopped again.",
    "It never writes into a directory that holds anything.",
  ].join("\n"),
  examples: [
    ["zaakstroom backup restore --from /backups --data-dir /data/new", "the newest moment"],
    [
      "zaakstroom backup restore --from /backups --at 2026-11-30T19:47:00Z --data-dir /data/new",
      "as it was then",
    ],
  ],
  exits: {
    ...damaged,
    [exitCodes.inUse]: "the directory is in use, or not empty",
    [exitCodes.notFound]: "no backup leads to that moment",
  },
  run: async ({ values }: Parsed<typeof restoreOptions>, output) =>
    await (await import("./restore.ts")).restoreBackup(values, output),
});

const accept = command({
  name: "accept",
  summary: "Lets what leaves a restored store go on",
  options: acceptOptions,
  notes: [
    "A restored store has sent some of its events to others before it was lost, and may have forgotten it. So whatever copies",
    "events out of it waits, until a person says with this command that they may go.",
  ].join("\n"),
  examples: [["zaakstroom backup accept --reason 'the receivers were told'", "of the embedded PostgreSQL"]],
  exits: { [exitCodes.notFound]: "the store was not restored, or somebody has accepted it" },
  run: async ({ values }: Parsed<typeof acceptOptions>, output) =>
    await (await import("./accept.ts")).acceptRestoration(values, output),
});

const expire = command({
  name: "expire",
  summary: "Removes old backups: keeps the newest of each of the last days, weeks and months",
  options: expireOptions,
  notes: "The log goes with the backups that need it. The newest backup always stays.",
  examples: [["zaakstroom backup expire --from /backups --keep 7d,4w,12m", "seven days, four weeks, a year"]],
  exits: inUse,
  run: async ({ values }: Parsed<typeof expireOptions>, output) =>
    await (await import("./expire.ts")).expireBackups(values, output),
});

const stream = command({
  name: "stream",
  summary: "Keeps the log of a server as it is written, so that any moment can be restored",
  options: streamOptions,
  notes: [
    "Runs until it is stopped; a lost server is asked again. A loss then costs about a second. On JetStream it copies records",
    "as they are committed. On PostgreSQL a replication slot makes the server keep its log until it was streamed: set",
    "max_slot_wal_keep_size, so that a stream that is down can't fill its disk, and let backup status be looked at.",
  ].join("\n"),
  examples: [
    ["zaakstroom backup stream --to /backups", "of the embedded PostgreSQL"],
    ["zaakstroom backup stream --to /backups --backend nats --url nats://host:4222", "of JetStream"],
    ["zaakstroom backup stream --to /backups --drop-slot", "no more"],
  ],
  exits: inUse,
  run: async ({ values }: Parsed<typeof streamOptions>, output) =>
    await (await import("./stream.ts")).streamLog(values, output),
});

const status = command({
  name: "status",
  summary: "Shows which moments can be restored, whether there are gaps, and how the slot stands",
  options: backupStatusOptions,
  examples: [["zaakstroom backup status --from /backups", "for a person"]],
  exits: { [exitCodes.failed]: "something is wrong: it is said what" },
  run: async ({ values }: Parsed<typeof backupStatusOptions>, output) =>
    await (await import("./status.ts")).showBackupStatus(values, output),
});

export const backup = commandGroup({
  name: "backup",
  summary: "Copies of a store, and going back to any moment since",
  notes:
    "create copies the whole, stream adds what happens since, restore goes back; see docs/how-to/backup.md.",
  subcommands: [create, list, verify, restore, accept, expire, stream, status],
});
