/** The PostgreSQL backend: an event store whose mailboxes are leased partitions. @module */
import type { WireEvent } from "../../schema/events.ts";
import { DEFAULT_PARTITIONS } from "../../schema/partition.ts";
import {
  type Appended,
  type Backend,
  type BackendFeatures,
  type ExpectedVersion,
  type ProcessorSpec,
} from "../backend.ts";
import type { Mailbox } from "../mailbox.ts";
import { type AwayListener, untilAnswered } from "../patience.ts";
import { arrivals } from "../arrivals.ts";
import { append } from "./appending.ts";
import { arrayOf } from "./array_literal.ts";
import { doChores } from "./chores.ts";
import { PostgresClient, type PostgresTarget } from "./client.ts";
import { deadLetters } from "./dead_letters.ts";
import { LeaseKeeper } from "./leases.ts";
import { migrate, type Migrated, type MigrateMode } from "./migrate.ts";
import { type MailboxParts, PostgresMailbox } from "./postgres_mailbox.ts";
import { puller } from "./puller.ts";
import * as reading from "./reading.ts";
import { settlingTogether } from "./settling_together.ts";
import { Wakes } from "./wakes.ts";

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
  onAway?: AwayListener;
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
  readonly #parts: MailboxParts;
  readonly #options: PostgresOptions;
  readonly #ended = new AbortController();
  #chores: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: PostgresClient, readonly partitions: number, options: PostgresOptions) {
    const node = options.node ?? crypto.randomUUID();
    const wakes = new Wakes(client, { node, pollMs: options.pollMs ?? (options.pooler ? 100 : 2_000) });
    this.#options = options;
    this.#parts = {
      client,
      wakes,
      leases: new LeaseKeeper(client, leaseOptions(node, options)),
      onAway: options.onAway ?? (() => {}),
      limits: { batchSize: options.batchSize ?? 500, batchBytes: options.batchBytes ?? 1_000_000 },
      pull: puller(client),
      together: settlingTogether(client, wakes),
    };
    this.deadLetters = deadLetters(client, wakes);
  }

  async append(events: readonly WireEvent[], expected: ExpectedVersion = "any"): Promise<Appended> {
    if (events.length === 0) return { stored: 0, duplicates: 0, position: 0, version: 0 };
    requireOneCase(events, expected);
    const { client, wakes } = this.#parts;
    const { appended, touched } = await append(client, events, expected, this.partitions);
    wakes.announce(touched, typesOf(events), true);
    return appended;
  }

  async *mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    const { leases, wakes } = this.#parts;
    const ended = AbortSignal.any([signal, this.#ended.signal]);
    if (!await this.#noteProcessor(processor, ended)) return;
    const won = arrivals<Mailbox>(ended);
    wakes.start(this.#options);
    this.#chores ??= this.#startChores();
    leases.want(processor.name, (lease) => won.add(new PostgresMailbox(this.#parts, lease, processor.takes)));
    try {
      yield* won.all();
    } finally {
      leases.unwant(processor.name);
      for (const mailbox of won.rest()) await mailbox.close();
    }
  }

  /** What it takes must be known before any of its mailboxes is: by it is counted what waits. False: the signal aborted. */
  async #noteProcessor({ name, takes }: ProcessorSpec, signal: AbortSignal): Promise<boolean> {
    const { client, onAway } = this.#parts;
    const note = () =>
      client.run((sql) =>
        sql`insert into zaakstroom.processors values (${name}, ${arrayOf(takes)}::text[])
          on conflict (name) do update set takes = excluded.takes where processors.takes <> excluded.takes`
      );
    try {
      await untilAnswered(note, signal, onAway);
      return !signal.aborted;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  #startChores(): Promise<void> {
    const { client, wakes } = this.#parts;
    const { timersAsOf } = this.#options;
    return doChores(
      { client, wakes, partitions: this.partitions, everyMs: 250, timersAsOf },
      this.#ended.signal,
    );
  }

  readCase = (caseId: string) => reading.readCase(this.#parts.client, caseId);
  readAll = (range = {}) => reading.readAll(this.#parts.client, range);
  listCases = (options = {}) => reading.listCases(this.#parts.client, options);
  audit = (caseId: string) => reading.audit(this.#parts.client, caseId);
  storedKinds = () => reading.storedKinds(this.#parts.client);
  health = () => reading.health(this.#parts.client);

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    const { leases, wakes, client } = this.#parts;
    await Promise.allSettled([this.#chores]);
    await leases.close();
    await wakes.close();
    await client.close();
  }
}

function leaseOptions(node: string, options: PostgresOptions) {
  const { leaseMs = 5_000, renewMs = leaseMs / 3, onAway = () => {} } = options;
  return { node, leaseMs, renewMs, onAway };
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
