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
    backends: ["postgres", "nats"],
    value: "URL",
    env: "DATABASE_URL",
    fromFile: true,
    help:
      "server to use, postgres:// or nats://; default: an embedded PostgreSQL 18, or a nats-server of its own",
  },
  "data-dir": {
    schema: text.optional(),
    backends: ["postgres", "nats"],
    value: "DIR",
    env: "ZAAKSTROOM_DATA_DIR",
    help: "where the embedded PostgreSQL and nats-server live; default: the platform's data directory",
  },
  pooler: {
    schema: flag,
    backends: ["postgres"],
    env: "ZAAKSTROOM_POOLER",
    help: "a transaction pooler is in front of the server",
  },
  partitions: {
    schema: wholeNumber(1, 1024).optional(),
    backends: backendNames,
    value: "N",
    env: "ZAAKSTROOM_PARTITIONS",
    help: `slices of a new store, fixed for its life; default ${DEFAULT_PARTITIONS}`,
  },
  ...natsOptions,
  "require-durable": {
    schema: flag,
    backends: backendNames,
    env: "ZAAKSTROOM_REQUIRE_DURABLE",
    help: "refuse a store whose acknowledged events may be lost by a power failure",
  },
} as const;

/** The backend of a command that is about a server: the memory has none. */
export const serverBackendOption = {
  ...backendOptions.backend,
  schema: oneOf(["postgres", "nats"]).default("postgres"),
  help: "postgres or nats (JetStream); default postgres",
} as const;

/** What the options of a store come to. */
export type BackendValues = Values<typeof backendOptions>;

/** As many workers as cores, and at most four unless asked: beyond that the store is the limit. */
const defaultWorkers = Math.max(1, Math.min(4, navigator.hardwareConcurrency));

/** Taken by every command that runs processors. */
export const workersOption = {
  schema: wholeNumber(1, 64).default(defaultWorkers),
  value: "N",
  env: "ZAAKSTROOM_WORKERS",
  help: `worker threads; default ${defaultWorkers} here`,
} as const;

/** Taken by every command that runs processors and is asked how fast they are, or why not. */
export const plainOption = {
  schema: flag,
  help:
    "no passes: each processor reads and settles for itself what another one emits, in a commit of its own",
} as const;

/** A limit for lists. */
export const limitOption = {
  schema: wholeNumber(1, 10_000).default(20),
  value: "N",
  help: "at most this many; default 20",
} as const;

/** Taken by every command that can print JSON. */
export const jsonOption = { schema: flag, help: "print JSON, for programs" } as const;
