/** Opens the backend that the options of a command name. @module */
import type { Backend } from "../../backends/backend.ts";
import type { FanOutOptions } from "../../backends/fan_out.ts";
import type { RefusalListener } from "../../backends/dead_letters.ts";
import { BackendUnusable } from "../../backends/errors.ts";
import type { PauseListener } from "../../backends/pauses.ts";
import type { AvailabilityListener } from "../../backends/primitives/retry.ts";
import type { Migrated } from "../../backends/postgres/setup/migrate.ts";
import type { MigrateMode } from "../../backends/postgres/setup/schema_state.ts";
import { loadTracing } from "../../backends/tracing/load_tracing.ts";
import type { TraceAppend } from "../../backends/tracing/tracing.ts";
import type { EmbeddedPostgres } from "../../backends/postgres/embedded/embedded.ts";
import type { EventNames } from "../../schema/cloudevents/event_names.ts";
import { driftLines, type StreamDrift } from "../../schema/nats.ts";
import { DEFAULT_PARTITIONS } from "../../schema/partition.ts";
import { addressOf } from "../../schema/postgres/postgres_url.ts";
import { UsageError } from "../cli/exit_codes.ts";
import { hostsOf } from "./nats_options.ts";
import { namingServer, requirePostgresUrl } from "./server_address.ts";
import { openNatsServer } from "./nats_server.ts";
import type { BackendValues } from "./options.ts";

/** What only a node asks for. */
export interface OpenOptions {
  role: "node" | "client";
  node?: string;
  leaseMs?: number;
  onAvailabilityChange?: AvailabilityListener;
  onInputRefused?: RefusalListener;
  onPauseChange?: PauseListener;
  timersAsOf?: () => Date;
  /** False: a node without read models, which then loads nothing for them. */
  keepsModels?: boolean;
  /** nats: copies events to where others read them. */
  fanOut?: FanOutOptions | undefined;
  /** What event types are called in CloudEvents that producers leave. */
  names?: EventNames;
  /** PostgreSQL: whether the schema may be changed. Default: an empty store of our own is made, and nothing else changed. */
  migrate?: MigrateMode;
  /** Takes, line by line, what the store's owner should know and is yet no reason to refuse the store. */
  onNotice?: (line: string) => void;
  /** Takes what is done next, before it is: "Starting the embedded PostgreSQL". */
  onStep?: (step: string) => void;
}

interface StoreOptions extends OpenOptions {
  readonly traceAppend: TraceAppend | undefined;
}

/** A backend, and what must be closed with it. */
export interface OpenedBackend {
  readonly backend: Backend;
  /** For people: where the store is, without a password. */
  readonly where: string;
  close(): Promise<void>;
}

/**
 * Opens the backend the options name. Each is loaded only where it is used, and while workers start already. Throws UsageError,
 * EmbeddedError, BackendUnavailable or BackendUnusable.
 */
export async function openBackend(values: BackendValues, openOptions: OpenOptions): Promise<OpenedBackend> {
  const { role } = openOptions;
  const tracing = await loadTracing(values.backend);
  // What a node takes in, from its outbox or ingest subject, is appended within the backend.
  const traceAppend = role === "node" ? tracing?.traceAppend("append") : undefined;
  const opened = await openNamed(values, { ...openOptions, traceAppend });
  try {
    requirePartitions(opened.backend.partitions, values);
    if (values["require-durable"]) await requireDurable(opened.backend);
    const backend = tracing?.traceAppends(opened.backend, role === "node" ? "append" : "publish");
    return { ...opened, backend: backend ?? opened.backend };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Partitions are fixed for a store's life: what was asked for and is not so is refused, rather than left aside. */
export function requirePartitions(of: number, { partitions = of }: Pick<BackendValues, "partitions">): void {
  if (partitions === of) return;
  throw new BackendUnusable(
    `The store has ${of} partitions, for its whole life, and --partitions asks for ${partitions}: leave it out`,
  );
}

async function requireDurable(backend: Backend): Promise<void> {
  const { survivesPowerFailure, durability } = await backend.health();
  if (!survivesPowerFailure) {
    throw new BackendUnusable(`Not durable enough for --require-durable: ${durability}`);
  }
}

async function openNamed(values: BackendValues, openOptions: StoreOptions): Promise<OpenedBackend> {
  const { backend, url } = values;
  if (backend === "memory") return await openMemory(values, openOptions);
  if (backend === "nats") return await openJetStream(values, openOptions);
  requirePostgresUrl(values);
  return url === undefined
    ? await openEmbeddedPostgres(values, openOptions)
    : await openServer(url, values, openOptions);
}

async function openMemory(
  { url, partitions }: BackendValues,
  { role, timersAsOf, onPauseChange }: StoreOptions,
): Promise<OpenedBackend> {
  if (url !== undefined) throw new UsageError("Cannot use --url with --backend memory");
  if (role === "client") {
    throw new UsageError("Cannot use --backend memory here: its store ends with the process that has it");
  }
  const { createMemoryBackend } = await import("../../backends/memory/memory_backend.ts");
  const backend = createMemoryBackend({
    partitions: partitions ?? DEFAULT_PARTITIONS,
    ...(timersAsOf === undefined ? {} : { timersAsOf }),
    onPauseChange,
  });
  return { backend, where: "memory", close: () => backend.close() };
}

async function openJetStream(values: BackendValues, openOptions: StoreOptions): Promise<OpenedBackend> {
  const { role, migrate: _, keepsModels = true, onNotice = () => {}, onStep = () => {}, ...rest } =
    openOptions;
  onStep(values.url === undefined ? "Starting a nats-server" : `Connecting to ${hostsOf(values.url)}`);
  const server = await openNatsServer(values, role);
  const onAvailabilityChange = restarting(() => server.restart(), openOptions.onAvailabilityChange);
  const onDrift = (drift: readonly StreamDrift[]) => reportDrift(drift).forEach(onNotice);
  try {
    // Its client is only loaded where it is used.
    const { openNats } = await import("../../backends/nats/nats_backend.ts");
    const { partitions } = values;
    onStep("Opening the streams");
    const { options: { models, ...options } } = server;
    const kept = keepsModels ? { models } : {};
    const backend = await openNats({
      ...options,
      ...kept,
      partitions,
      onDrift,
      ...rest,
      onAvailabilityChange,
    })
      .catch(namingServer(values.url && hostsOf(values.url)));
    return { backend, where: server.where, close: () => backend.close().finally(() => server.close()) };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Where streams differ from what is wanted of them, as lines. */
function reportDrift(drift: readonly StreamDrift[]): string[] {
  return drift.flatMap(({ stream, drift }) => [
    `The stream ${stream} is not configured as this program would (see setup, and its --apply):`,
    ...driftLines(drift).map((line) => `  ${line}`),
  ]);
}

async function openServer(
  url: string,
  values: BackendValues,
  openOptions: StoreOptions,
): Promise<OpenedBackend> {
  const { openPostgres } = await import("../../backends/postgres/postgres_backend.ts");
  const where = addressOf(url);
  openOptions.onStep?.(`Connecting to ${where}, and bringing its schema up to date`);
  const backend = await openPostgres({
    url,
    caFile: values["tls-ca"],
    requireWritable: openOptions.role === "node",
    ...settingsOf(values, openOptions, "check"),
  }).catch(namingServer(where));
  return { backend, where, close: () => backend.close() };
}

async function openEmbeddedPostgres(
  values: BackendValues,
  openOptions: StoreOptions,
): Promise<OpenedBackend> {
  const dataDir = values["data-dir"];
  const { openEmbedded } = await import("../../backends/postgres/embedded/embedded.ts");
  openOptions.onStep?.("Starting the embedded PostgreSQL");
  const embedded = await openEmbedded({
    role: openOptions.role,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  const onAvailabilityChange = restarting(() => embedded.revive(), openOptions.onAvailabilityChange);
  try {
    const { openPostgres } = await import("../../backends/postgres/postgres_backend.ts");
    openOptions.onStep?.("Bringing the schema up to date");
    const backend = await openPostgres({
      ...embedded.connection,
      ...settingsOf(values, { ...openOptions, onAvailabilityChange }, "if-empty"),
    });
    return { backend, where: embedded.dataDir, close: () => closeBoth(backend, embedded) };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

/**
 * Starts a server of this machine again when it is away: nothing but its users does. However many say that it is, one try
 * is under way: a server that was stopped and is there takes long to be found so.
 */
function restarting(
  restart: () => Promise<unknown>,
  listener: AvailabilityListener = () => {},
): AvailabilityListener {
  let isUnderWay = false;
  return (error) => {
    if (error !== undefined && !isUnderWay) {
      isUnderWay = true;
      restart().catch(() => {}).finally(() => isUnderWay = false);
    }
    listener(error);
  };
}

async function closeBoth(backend: Backend, embedded: EmbeddedPostgres): Promise<void> {
  await backend.close();
  await embedded.close();
}

function settingsOf({ partitions, pooler }: BackendValues, openOptions: StoreOptions, migrate: MigrateMode) {
  const { role: _role, fanOut: _fanOut, keepsModels: _models, onStep: _step, onNotice = () => {}, ...rest } =
    openOptions;
  const onMigrated = (migrated: Migrated) => {
    if (migrated.from > 0) onNotice(describeMigration(migrated));
  };
  return { partitions, pooler, migrate, onMigrated, ...rest };
}

/** What was done to the schema, as a line. */
export function describeMigration({ from, to, functionsReplaced }: Migrated): string {
  if (from === 0) return `Made the schema, version ${to}`;
  if (from < to) return `Brought the schema from version ${from} to version ${to}`;
  return functionsReplaced
    ? `Replaced the functions of the schema, version ${to}`
    : `The schema is up to date, version ${to}`;
}

/** Refuses a store whose events this program has no path from, naming them. */
export async function requireReadable(backend: Backend): Promise<void> {
  const { caseEvolution } = await import("../../schema/evolution.ts");
  const unreachable = caseEvolution.unreachable(await backend.storedKinds());
  if (unreachable.length === 0) return;
  const kinds = unreachable.map(({ type, version }) => `${type} version ${version}`).join(", ");
  throw new BackendUnusable(
    `The store holds events this program can't read (${kinds}): use a newer zaakstroom`,
  );
}

/** Opens the backend for a command that is a client of it, and closes it when the command is done. */
export async function withBackend<T>(
  values: BackendValues,
  use: (backend: Backend) => Promise<T>,
): Promise<T> {
  const opened = await openBackend(values, { role: "client" });
  try {
    return await use(opened.backend);
  } finally {
    await opened.close();
  }
}
