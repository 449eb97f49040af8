/** The options of the subcommands of `cdc`, named as Debezium names them where it has them. @module */
import { z } from "zod";
import { duration, flag, oneOf, text } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { relayOptions } from "../../relay/options.ts";
import { backendOptions } from "../../store/options.ts";

const server = { url: backendOptions.url, "tls-ca": backendOptions["tls-ca"] } as const;

const slot = {
  schema: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, "must have small letters, digits and underscores")
    .default("zaakstroom_cdc"),
  value: "NAME",
  help: "slot.name, of the publication too; default zaakstroom_cdc",
} as const;

const list = text.transform((names) => names.split(",").map((name) => name.trim()));

const shared = {
  to: {
    schema: text.default("-"),
    value: "TARGET",
    help: "a file, or - for standard output; start: http(s)://… and nats://host:4222 too; default -",
  },
  tables: {
    schema: list.optional(),
    value: "TABLES",
    help: "table.include.list, with commas between them; default zaakstroom.events,zaakstroom.outbox",
  },
  outbox: {
    schema: list.default([]),
    value: "NAMES",
    help: "tables with Debezium's outbox columns, or prefixes of messages in the log: routed as events",
  },
  columns: {
    schema: list.default([]),
    value: "COLUMNS",
    help: "schema.table.column that leave as they are; every other one that may hold personal data is masked",
  },
  "topic-prefix": {
    schema: text.default("zaakstroom"),
    value: "NAME",
    help: "source.name; default zaakstroom",
  },
} as const;

export const startCdcOptions = {
  ...shared,
  slot,
  stream: { schema: text.optional(), value: "NAME", help: "nats: the stream; default CDC" },
  "to-creds": relayOptions["to-creds"],
  "secret-file": relayOptions["secret-file"],
  "token-file": relayOptions["token-file"],
  "snapshot-mode": {
    schema: oneOf(["initial", "no_data"]).default("initial"),
    value: "MODE",
    help: "initial (a new slot begins with the rows that are there) or no_data; default initial",
  },
  heartbeat: {
    schema: duration.default(10_000),
    value: "TIME",
    help: "heartbeat.interval.ms: how often a quiet stream moves on; default 10s",
  },
  "until-idle": { schema: flag, help: "end when everything is there that was when it began" },
  ...server,
} as const;

export const snapshotOptions = { ...shared, ...server } as const;
export const cdcStatusOptions = { ...outputOptions, ...server } as const;
export const dropCdcOptions = { slot, ...outputOptions, ...server } as const;

export type StartCdcValues = Values<typeof startCdcOptions>;
export type SnapshotValues = Values<typeof snapshotOptions>;
export type CdcStatusValues = Values<typeof cdcStatusOptions>;
export type DropCdcValues = Values<typeof dropCdcOptions>;
