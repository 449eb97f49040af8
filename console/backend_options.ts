/** The options by which a command finds its backend. @module */
import { type Backend, BackendAway, BackendRefused } from "../backends/backend.ts";
import type { AwayListener } from "../backends/patience.ts";
import type { Migrated, MigrateMode } from "../backends/postgres/migrate.ts";
import type { EmbeddedPostgres } from "../backends/postgres/embedded/embedded.ts";
import { driftLines, type StreamDrift } from "../schema/nats.ts";
import { DEFAULT_PARTITIONS } from "../schema/partition.ts";
import { given, oneOf, postgresUrl, serverUrl, text, wholeNumber } from "../schema/settings.ts";
import { UsageError } from "./exit_codes.ts";
import { natsOptions } from "./nats_options.ts";
import { natsServer } from "./nats_server.ts";
import type { Values } from "./options.ts";

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
    schema: given,
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
    schema: given,
    env: "ZAAKSTROOM_REQUIRE_DURABLE",
    help: "refuse a store whose acknowledged events may be lost by a power failure",
  },
} as const;

export type BackendValues = Values<typeof backendOptions>;

/** What only a node asks for. */
export interface NodeWishes {
  role: "node" | "client";
  node?: string;
  leaseMs?: number;
  onAway?: AwayListener;
  timersAsOf?: () => Date;
  /** PostgreSQL: whether the schema may be changed. Default: an empty store of our own is made, and nothing else changed. */
  migrate?: MigrateMode;
  /** Told, line by line, what is odd about the store and yet no reason to refuse it. */
  onNotice?: (line: string) => void;
}

/** A backend, and what must be closed with it. */
export interface Opened {
  readonly backend: Backend;
  /** For people: where the store is, without a password. */
  readonly where: string;
  close(): Promise<void>;
}

/**
 * Opens the backend the options name. Each is loaded only by who uses it, and while workers start already. Throws UsageError,
 * EmbeddedError, BackendAway or BackendRefused.
 */
export async function openBackend(values: BackendValues, wishes: NodeWishes): Promise<Opened> {
  const opened = await openNamed(values, wishes);
  try {
    if (values["require-durable"]) await requireDurable(opened.backend);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function requireDurable(backend: Backend): Promise<void> {
  const { survivesPowerFailure, durability } = await backend.health();
  if (!survivesPowerFailure) {
    throw new BackendRefused(`Not durable enough for --require-durable: ${durability}`);
  }
}

async function openNamed(values: BackendValues, wishes: NodeWishes): Promise<Opened> {
  const { backend, url } = values;
  if (backend === "memory") return await openMemory(values, wishes);
  if (backend === "nats") return await openJetStream(values, wishes);
  if (url !== undefined && !postgresUrl.safeParse(url).success) {
    throw new UsageError("Cannot use --url: with --backend postgres it begins with postgres://");
  }
  return url === undefined ? await openOwn(values, wishes) : await openServer(url, values, wishes);
}

async function openMemory(
  { url, partitions }: BackendValues,
  { role, timersAsOf }: NodeWishes,
): Promise<Opened> {
  if (url !== undefined) throw new UsageError("Cannot use --url with --backend memory");
  if (role === "client") {
    throw new UsageError("Cannot use --backend memory here: its store ends with the process that has it");
  }
  const { createMemoryBackend } = await import("../backends/memory/memory_backend.ts");
  const backend = createMemoryBackend({ partitions, ...(timersAsOf === undefined ? {} : { timersAsOf }) });
  return { backend, where: "memory", close: () => backend.close() };
}

async function openJetStream(values: BackendValues, wishes: NodeWishes): Promise<Opened> {
  const { role, migrate: _, onNotice = () => {}, ...rest } = wishes;
  const server = await natsServer(values, role);
  const onAway: AwayListener = (error) => {
    // Nobody else starts a server of our own again: its users do.
    if (error !== undefined) server.revive().catch(() => {});
    wishes.onAway?.(error);
  };
  const onDrift = (drift: readonly StreamDrift[]) => tellDrift(drift).forEach(onNotice);
  try {
    // Its client is only loaded by who uses it.
    const { openNats } = await import("../backends/nats/nats_backend.ts");
    const { partitions } = values;
    const backend = await openNats({ ...server.options, partitions, onDrift, ...rest, onAway });
    const { weaker } = backend.features;
    if (weaker !== undefined) onNotice(`This store promises less (--allow-weaker): ${weaker}`);
    return { backend, where: server.where, close: () => backend.close().finally(() => server.close()) };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Where streams differ from what is wanted of them, as lines. */
export function tellDrift(drift: readonly StreamDrift[]): string[] {
  return drift.flatMap(({ stream, drift }) => [
    `The stream ${stream} is not configured as this program would (see setup, and its --apply):`,
    ...driftLines(drift).map((line) => `  ${line}`),
  ]);
}

async function openServer(url: string, values: BackendValues, wishes: NodeWishes): Promise<Opened> {
  const { openPostgres } = await import("../backends/postgres/postgres_backend.ts");
  const { hostname, port, pathname } = new URL(url);
  const where = `${hostname}:${port || 5432}${pathname}`;
  const backend = await openPostgres({ url, ...settingsOf(values, wishes, "check") }).catch((error) => {
    if (!(error instanceof BackendAway)) throw error;
    throw new BackendAway(`${error.message}: see whether the URL is right and ${where} takes connections`);
  });
  return { backend, where, close: () => backend.close() };
}

async function openOwn(values: BackendValues, wishes: NodeWishes): Promise<Opened> {
  const dataDir = values["data-dir"];
  const { openEmbedded } = await import("../backends/postgres/embedded/embedded.ts");
  const embedded = await openEmbedded({ role: wishes.role, ...(dataDir === undefined ? {} : { dataDir }) });
  const onAway: AwayListener = (error) => {
    // Nobody else starts this server again: its users do.
    if (error !== undefined) embedded.revive().catch(() => {});
    wishes.onAway?.(error);
  };
  try {
    const { openPostgres } = await import("../backends/postgres/postgres_backend.ts");
    const backend = await openPostgres({
      ...embedded.connection,
      ...settingsOf(values, { ...wishes, onAway }, "if-empty"),
    });
    return { backend, where: embedded.dataDir, close: () => closeBoth(backend, embedded) };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

async function closeBoth(backend: Backend, embedded: EmbeddedPostgres): Promise<void> {
  await backend.close();
  await embedded.close();
}

function settingsOf({ partitions, pooler }: BackendValues, wishes: NodeWishes, migrate: MigrateMode) {
  const { role: _role, onNotice = () => {}, ...rest } = wishes;
  const onMigrated = (migrated: Migrated) => {
    if (migrated.from > 0) onNotice(tellMigrated(migrated));
  };
  return { partitions, pooler, migrate, onMigrated, ...rest };
}

/** What was done to the schema, as a line. */
export function tellMigrated({ from, to, functionsReplaced }: Migrated): string {
  if (from === 0) return `Made the schema, version ${to}`;
  if (from < to) return `Brought the schema from version ${from} to version ${to}`;
  return functionsReplaced
    ? `Replaced the functions of the schema, version ${to}`
    : `The schema is up to date, version ${to}`;
}

/** Refuses a store whose events this program has no path from, naming them. */
export async function requireReadable(backend: Backend): Promise<void> {
  const { caseEvolution } = await import("../schema/evolution.ts");
  const unreachable = caseEvolution.unreachable(await backend.storedKinds());
  if (unreachable.length === 0) return;
  const kinds = unreachable.map(({ type, version }) => `${type} version ${version}`).join(", ");
  throw new BackendRefused(
    `The store holds events this program can't read (${kinds}): use a newer zaakstroom`,
  );
}

/** A limit for lists. */
export const limitOption = {
  schema: wholeNumber(1, 10_000).default(20),
  value: "N",
  help: "at most so many; default 20",
} as const;

export const jsonOption = { schema: given, help: "print JSON, for programs" } as const;
