/** The options of the subcommands of `backup`. @module */
import { parseRetention, type Retention } from "../../../backends/backup/expiry.ts";
import { toMicroseconds } from "../../../backends/backup/restore_plan.ts";
import { z } from "zod";
import { flag, natsUrl, text, wholeNumber } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { natsOptions } from "../../store/nats_options.ts";
import { actorOptions } from "../../store/identity.ts";
import { backendOptions, serverBackendOption } from "../../store/options.ts";

const { url, "data-dir": dataDir, "tls-ca": tlsCa } = backendOptions;

/** Which server. */
const serverOptions = {
  backend: serverBackendOption,
  url,
  "data-dir": dataDir,
  "tls-ca": tlsCa,
} as const;

const keyOption = {
  schema: text.optional(),
  value: "FILE",
  env: "ZAAKSTROOM_BACKUP_KEY_FILE",
  help: "encrypt by the key in this file: 64 hexadecimal digits, as openssl rand -hex 32 writes them",
} as const;

/** Needed, and said so by the command: a missing one is no wrong value. */
const directory = (help: string) =>
  ({ schema: text.optional(), value: "DIR", env: "ZAAKSTROOM_BACKUP_DIR", help }) as const;

const to = directory("where the backups are kept; needed");
const from = directory("where the backups are kept; needed");

/** A name of a slot, as PostgreSQL takes one. */
const slotName = z.string().regex(
  /^[a-z0-9_]{1,63}$/,
  "must be small letters, digits and underscores, 63 at most",
);

const slot = {
  schema: slotName.default("zaakstroom_backup"),
  value: "NAME",
  help: "the replication slot that holds the log for it; default zaakstroom_backup",
} as const;

export const createBackupOptions = {
  to,
  label: { schema: z.string().max(100).default(""), value: "TEXT", help: "a word on what it is for" },
  "max-rate": {
    schema: wholeNumber(1, 100_000).optional(),
    value: "MB",
    help: "copy so many megabytes a second at most, so that others have the machine too; default: no limit",
  },
  "key-file": keyOption,
  ...serverOptions,
  ...natsOptions,
  ...outputOptions,
} as const;

export const backupListOptions = { from, "key-file": keyOption, ...outputOptions } as const;

export const verifyBackupOptions = {
  from,
  "key-file": keyOption,
  restore: {
    schema: flag,
    help: "restore it too, into a directory that is removed then, and check the store",
  },
  ...outputOptions,
} as const;

/** A moment, with microseconds. */
const moment = z.iso.datetime({ offset: true, error: "must be a time such as 2026-01-01T09:00:00Z" })
  .transform(toMicroseconds);

export const restoreOptions = {
  from,
  at: { schema: moment.optional(), value: "TIME", help: "to this moment; default: the newest there is" },
  "at-position": {
    schema: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
    value: "N",
    help: "to the moment at which this position of the log was stored",
  },
  "data-dir": { schema: text.optional(), value: "DIR", help: "a directory to make, or an empty one" },
  "dry-run": { schema: flag, help: "only say what would be restored, and what would be lost" },
  "key-file": keyOption,
  "to-url": {
    schema: natsUrl.optional(),
    value: "URL",
    help: "nats: a server that has nothing of the store, instead of --data-dir",
  },
  ...natsOptions,
  ...outputOptions,
} as const;

const retention = z.string().transform((text, context): Retention => {
  const parsed = parseRetention(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({
    code: "custom",
    message: "must be a number of days, weeks and months such as 7d,4w,12m",
  });
  return z.NEVER;
});

export const expireOptions = {
  from,
  keep: { schema: retention.optional(), value: "LIST", help: "such as 7d,4w,12m; needed" },
  "dry-run": { schema: flag, help: "only say what would be removed" },
  "key-file": keyOption,
  ...outputOptions,
} as const;

export const streamOptions = {
  to,
  slot,
  "drop-slot": {
    schema: flag,
    help: "stream nothing: remove the slot, so that the server keeps its log no longer",
  },
  "key-file": keyOption,
  ...serverOptions,
  ...natsOptions,
} as const;

export const backupStatusOptions = {
  from,
  slot,
  "key-file": keyOption,
  ...serverOptions,
  ...outputOptions,
} as const;

export const acceptOptions = {
  ...actorOptions,
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the audit trail; needed" },
  ...outputOptions,
  ...backendOptions,
} as const;

export type ServerValues = Values<typeof serverOptions>;
export type CreateValues = Values<typeof createBackupOptions>;
export type ListValues = Values<typeof backupListOptions>;
export type VerifyBackupValues = Values<typeof verifyBackupOptions>;
export type RestoreValues = Values<typeof restoreOptions>;
export type ExpireValues = Values<typeof expireOptions>;
export type StreamValues = Values<typeof streamOptions>;
export type AcceptValues = Values<typeof acceptOptions>;
export type StatusValues = Values<typeof backupStatusOptions>;
