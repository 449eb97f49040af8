/** The options by which a command finds its store, and those that most commands share. @module */
import { DEFAULT_PARTITIONS } from "../../schema/partition.ts";
import { flag, oneOf, serverUrl, text, wholeNumber } from "../../schema/settings.ts";
import type { Values } from "../cli/options.ts";
import { natsOptions } from "./nats_options.ts";

const backendNames = ["postgres", "nats", "memory"] as const;

/** Taken by every command that touches a store. */
export const backendOptions = {
  backend: {
    schema: oneOf(backendNames).default("postgres"),
    value: "NAME",
    env: "ZAAKSTROOM_BACKEND",
    help: "postgres, nats (JetStream), or memory (one process, kept nowhere); default postgres",
  },
  url: {
    schema: serverUrl.optional(),
    value: "URL",
    env: "DATABASE_URL",
    help:
      "server to use, postgres:// or nats://; default: an embedded PostgreSQL 18, or a nats-server of its own",
  },
  "data-dir": {
    schema: text.optional(),
    value: "DIR",
    env: "ZAAKSTROOM_DATA_DIR",
    help: "where the embedded PostgreSQL and nats-server live; default: the platform's data directory",
  },
  pooler: {
    schema: flag,
    env: "ZAAKSTROOM_POOLER",
    help: "a transaction pooler is in front of the server",
  },
  partitions: {
    schema: wholeNumber(1, 1024).default(DEFAULT_PARTITIONS),
    value: "N",
    env: "ZAAKSTROOM_PARTITIONS",
    help: `slices of a new store, fixed for its life; default ${DEFAULT_PARTITIONS}`,
  },
  ...natsOptions,
  "require-durable": {
    schema: flag,
    env: "ZAAKSTROOM_REQUIRE_DURABLE",
    help: "refuse a store whose acknowledged events may be lost by a power failure",
  },
} as const;

/** What the options of a store come to. */
export type BackendValues = Values<typeof backendOptions>;

/** A limit for lists. */
export const limitOption = {
  schema: wholeNumber(1, 10_000).default(20),
  value: "N",
  help: "at most this many; default 20",
} as const;

/** Taken by every command that can print JSON. */
export const jsonOption = { schema: flag, help: "print JSON, for programs" } as const;
