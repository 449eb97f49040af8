/** The PostgreSQL backend: an event store whose mailboxes are leased partitions. @module */
import type { WireEvent } from "../../schema/events.ts";
import { DEFAULT_PARTITIONS } from "../../schema/partition.ts";
import {
  type AppendResult,
  type Backend,
  type BackendFeatures,
  type ExpectedVersion,
  type ProcessorSpec,
} from "../backend.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";
import { type AvailabilityListener, retryWhileUnavailable } from "../primitives/retry.ts";
import { createAsyncQueue } from "../primitives/async_queue.ts";
import { append } from "./log/append.ts";
import { arrayOf } from "./connection/array_literal.ts";
import { runMaintenance } from "./operations/maintenance.ts";
import { PostgresClient, type PostgresTarget } from "./connection/client.ts";
import { deadLetters } from "./operations/dead_letters.ts";
import { LeaseKeeper } from "./mailbox/leases.ts";
import { migrate, type Migrated, type MigrateMode } from "./setup/migrate.ts";
import { type MailboxContext, PostgresMailbox } from "./mailbox/postgres_mailbox.ts";
import { createFetch } from "./mailbox/fetch.ts";
import * as reading from "./log/queries.ts";
import { createSettleGroup } from "./mailbox/settle_group.ts";
import { Notifier } from "./mailbox/notifier.ts";

export interface PostgresOptions extends PostgresTarget {
  /** The name of this node; whoever comes back under it takes its own leases at once. Default: a new one. */
  node?: string;
  /** Slices of a *new* store; an existing one keeps its own. Default 16. */
  partitions?: number;
  /**
   * Whether the schema may be changed. Default `check`: a store that is missing, older or newer is refused. `if-empty`
   * makes it in an empty database, `apply` also brings an older one up to date.
   */
  migrate?: MigrateMode;
  /** Told what was made or changed in the schema. */
  onMigrated?: (migrated: Migrated) => void;
  /** How long a lease runs without being renewed. Default 5,000. */
  leaseMs?: number;
  /** Between two renewals. Default: a third of `leaseMs`. */
  renewMs?: number;
  /** Deliveries and characters a batch holds at most. Default 500 and 1,000,000. */
  batchSize?: number;
  batchBytes?: number;
  /** How often feeds are looked at when no notice comes. Default 2,000; behind a pooler 100. */
  pollMs?: number;
  /** Told when the database goes away and comes back. */
  onAvailabilityChange?: AvailabilityListener;
  /** Connections at most. Default 8. */
  connections?: number;
  /** No answer for this long counts as away. Default 15,000. */
  deadlineMs?: number;
  /** The time timers are measured against. Default: the clock of the database. */
  timersAsOf?: () => Date;
}

const features: BackendFeatures = {
  durable: true,
  shared: true,
  atomicSettle: true,
  atomicAppend: Infinity,
  geography:
    "one server takes all writes; PostgreSQL's own streaming replication keeps copies of it elsewhere, which " +
    "are read-only until a person promotes one; with synchronous replication every write waits for the farthest copy",
};

/**
 * Connects and opens the store, which by default must be there as this program needs it. Throws BackendAway when the server can't be reached and BackendRefused when
 * it can't be used, each with one line that says what to do.
 */
export async function openPostgres(options: PostgresOptions): Promise<Backend> {
  const { connections = 8, deadlineMs = 15_000 } = options;
  const client = new PostgresClient(options, { connections, deadlineMs });
  try {
    const migrated = await migrate(client, migrateOptions(options));
    if (migrated.functionsReplaced || migrated.from < migrated.to) options.onMigrated?.(migrated);
    return new PostgresBackend(client, migrated.partitions, options);
  } catch (error) {
    await client.close();
    throw error;
  }
}

function migrateOptions({ migrate: mode = "check", partitions = DEFAULT_PARTITIONS }: PostgresOptions) {
  return { mode, partitions };
}

/** Makes the schema or brings it up to date, and ends the connection. Throws as `openPostgres`. */
export async function setUpPostgres(options: PostgresOptions): Promise<Migrated> {
  const client = new PostgresClient(options, { connections: 1 });
  try {
    return await migrate(client, migrateOptions({ ...options, migrate: "apply" }));
  } finally {
    await client.close();
  }
}

class PostgresBackend implements Backend {
  readonly name = "postgres";
  readonly features = features;
  readonly deadLetters;
  readonly #context: MailboxContext;
  readonly #options: PostgresOptions;
  readonly #ended = new AbortController();
  #maintenance: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: PostgresClient, readonly partitions: number, options: PostgresOptions) {
    const node = options.node ?? crypto.randomUUID();
    const notifier = new Notifier(client, { node, pollMs: options.pollMs ?? (options.pooler ? 100 : 2_000) });
    this.#options = options;
    this.#context = {
      client,
      notifier,
      leases: new LeaseKeeper(client, leaseOptions(node, options)),
      onAvailabilityChange: options.onAvailabilityChange ?? (() => {}),
      limits: { batchSize: options.batchSize ?? 500, batchBytes: options.batchBytes ?? 1_000_000 },
      fetch: createFetch(client),
      settleGroup: createSettleGroup(client, notifier),
    };
    this.deadLetters = deadLetters(client, notifier);
  }

  async append(events: readonly WireEvent[], expected: ExpectedVersion = "any"): Promise<AppendResult> {
    if (events.length === 0) return { stored: 0, duplicates: 0, position: 0, version: 0 };
    requireOneCase(events, expected);
    const { client, notifier } = this.#context;
    const { appended, touched } = await append(client, events, expected, this.partitions);
    notifier.notify(touched, typesOf(events), true);
    return appended;
  }

  async *mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    const { leases, notifier } = this.#context;
    const ended = AbortSignal.any([signal, this.#ended.signal]);
    if (!await this.#registerProcessor(processor, ended)) return;
    const acquired = createAsyncQueue<Mailbox>(ended);
    notifier.start(this.#options);
    this.#maintenance ??= this.#startMaintenance();
    leases.want(
      processor.name,
      (lease) => acquired.push(new PostgresMailbox(this.#context, lease, processor.takes)),
    );
    try {
      yield* acquired.items();
    } finally {
      leases.unwant(processor.name);
      for (const mailbox of acquired.drain()) await mailbox.close();
    }
  }

  /** What it takes must be known before any of its mailboxes is: by it is counted what waits. False: the signal aborted. */
  async #registerProcessor({ name, takes }: ProcessorSpec, signal: AbortSignal): Promise<boolean> {
    const { client, onAvailabilityChange } = this.#context;
    const note = () =>
      client.run((sql) =>
        sql`insert into zaakstroom.processors values (${name}, ${arrayOf(takes)}::text[])
          on conflict (name) do update set takes = excluded.takes where processors.takes <> excluded.takes`
      );
    try {
      await retryWhileUnavailable(note, signal, onAvailabilityChange);
      return !signal.aborted;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  #startMaintenance(): Promise<void> {
    const { client, notifier } = this.#context;
    const { timersAsOf } = this.#options;
    return runMaintenance(
      { client, notifier, partitions: this.partitions, everyMs: 250, timersAsOf },
      this.#ended.signal,
    );
  }

  readCase = (caseId: string) => reading.readCase(this.#context.client, caseId);
  readAll = (range = {}) => reading.readAll(this.#context.client, range);
  listCases = (options = {}) => reading.listCases(this.#context.client, options);
  audit = (caseId: string) => reading.audit(this.#context.client, caseId);
  storedKinds = () => reading.storedKinds(this.#context.client);
  health = () => reading.health(this.#context.client);

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    const { leases, notifier, client } = this.#context;
    await Promise.allSettled([this.#maintenance]);
    await leases.close();
    await notifier.close();
    await client.close();
  }
}

function leaseOptions(node: string, options: PostgresOptions) {
  const { leaseMs = 5_000, renewMs = leaseMs / 3, onAvailabilityChange = () => {} } = options;
  return { node, leaseMs, renewMs, onAvailabilityChange };
}

function requireOneCase(events: readonly WireEvent[], expected: ExpectedVersion): void {
  if (expected === "any") return;
  if (new Set(events.map((event) => event.correlation_id)).size > 1) {
    throw new TypeError("Cannot expect a version of events of more than one case");
  }
}

function typesOf(events: readonly WireEvent[]): string[] {
  return [...new Set(events.map((event) => event.event_type))];
}
