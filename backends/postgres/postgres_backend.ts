/** The PostgreSQL backend: an event store whose mailboxes are leased partitions. @module */
import type { WireEvent } from "../../schema/events.ts";
import { DEFAULT_PARTITIONS } from "../../schema/partition.ts";
import type { Backend } from "../backend.ts";
import type { Inbox, OperatorAction, OperatorRecord } from "../dead_letters.ts";
import type { Mailbox, ProcessorSpec } from "../mailbox/mailbox.ts";
import type { AppendResult, ExpectedVersion } from "../event_store.ts";
import { LeaseManager } from "../mailbox/lease_manager.ts";
import { acquireMailboxes, type MailboxContext } from "../mailbox/leased_mailbox.ts";
import { withPasses } from "../mailbox/leased_passes.ts";
import { systemClock } from "../primitives/clock.ts";
import { retryWhileUnavailable } from "../primitives/retry.ts";
import { NotAllowed } from "../errors.ts";
import { admitAll, grantsOf, speakerFor } from "../producers.ts";
import { append, forward } from "./log/append.ts";
import { requireNoJudgement } from "./log/judged_append.ts";
import { PostgresProducers } from "./operations/producers.ts";
import { PostgresRewinds, registerProcessors } from "./operations/rewinds.ts";
import { arrayOf } from "./connection/array_literal.ts";
import { runMaintenance } from "./operations/maintenance.ts";
import { PostgresClient } from "./connection/client.ts";
import { deadLetters, parkedDeliveries } from "./operations/dead_letters.ts";
import { outboxInbox } from "./operations/inbox.ts";
import { PostgresLeaseStore } from "./mailbox/leases.ts";
import { requireWholeLog } from "./setup/lost_store.ts";
import { migrate, type Migrated } from "./setup/migrate.ts";
import type { PostgresOptions } from "./setup/options.ts";
import { PostgresMailboxStore } from "./mailbox/store.ts";
import * as queries from "./log/queries.ts";
import { health } from "./operations/health.ts";
import { PostgresModelStore } from "./projections/model_store.ts";
import type { HashChain } from "../chain/hash_chain.ts";
import { PostgresRestoration } from "./operations/restoration.ts";
import { PostgresHashChain, runHashChain } from "./operations/hash_chain.ts";
import type { ModelStore } from "../projections.ts";
import type { Pauses } from "../pauses.ts";
import { features } from "./features.ts";
import { PostgresPauses } from "./operations/pauses.ts";
import { PostgresRelayStore } from "./operations/relays.ts";
import type { RelayStore } from "../relay/relay_store.ts";
import { Measuring } from "./operations/measure.ts";
import { Notifier } from "./mailbox/notifier.ts";

const LEASE_MS = 5_000;

/**
 * Connects and opens the store, which by default must be there as this program needs it. Throws BackendUnavailable when
 * the server can't be reached, BackendUnusable when it can't be used, and StoreLost when its log is older than its
 * mailboxes, each with one line that says what to do.
 */
export async function openPostgres(options: PostgresOptions): Promise<Backend> {
  const { connections = 8, deadlineMs = 15_000 } = options;
  const client = new PostgresClient(options, { connections, deadlineMs });
  try {
    const migrated = await migrate(client, migrateOptions(options));
    if (options.requireWritable) await requireWritable(client);
    if (migrated.functionsReplaced || migrated.from < migrated.to) options.onMigrated?.(migrated);
    await requireWholeLog(client);
    return new PostgresBackend(client, migrated.partitions, options);
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Writes nothing, by a statement that writes. Throws BackendReadOnly when no server of the URL takes writes. */
async function requireWritable(client: PostgresClient): Promise<void> {
  await client.run((sql) => sql`delete from zaakstroom.nodes where false`);
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
  readonly parked;
  readonly inbox: Inbox;
  readonly models: ModelStore;
  readonly chain: HashChain;
  readonly relays: RelayStore;
  readonly producers: PostgresProducers;
  readonly rewinds: PostgresRewinds;
  readonly pauses: Pauses;
  readonly leaseMs: number;
  readonly #client: PostgresClient;
  readonly #restoration: PostgresRestoration;
  readonly #node: string;
  readonly #notifier: Notifier;
  readonly #measuring: Measuring;
  readonly #mailboxStore: PostgresMailboxStore;
  readonly #mailboxContext: MailboxContext;
  readonly #options: PostgresOptions;
  readonly #ended = new AbortController();
  #maintenance: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: PostgresClient, readonly partitions: number, options: PostgresOptions) {
    const { node = crypto.randomUUID(), pollMs = options.pooler ? 100 : 2_000 } = options;
    this.#client = client;
    this.#node = node;
    this.#notifier = new Notifier(client, { node, pollMs, onLeases: () => this.#onLeases() });
    this.leaseMs = options.leaseMs ?? LEASE_MS;
    const leaseStore = new PostgresLeaseStore(client, node, this.leaseMs);
    this.#mailboxStore = new PostgresMailboxStore(client, this.#notifier, leaseStore);
    this.#mailboxContext = mailboxContext(this.#mailboxStore, leaseStore, options);
    this.#options = options;
    this.#measuring = new Measuring(client, partitions);
    this.deadLetters = deadLetters(client, this.#notifier);
    this.parked = parkedDeliveries(client, this.#notifier);
    this.inbox = outboxInbox(client);
    this.models = new PostgresModelStore(client);
    this.chain = new PostgresHashChain(client, partitions);
    this.producers = new PostgresProducers(client);
    this.relays = new PostgresRelayStore(client);
    this.rewinds = new PostgresRewinds(client, this.#notifier);
    this.pauses = new PostgresPauses(client, this.#notifier);
    this.#restoration = new PostgresRestoration(client);
  }

  /** One that never renews its leases does not see either that something has changed. */
  #onLeases(): void {
    if (Number.isFinite(this.#options.renewMs ?? 0)) this.#mailboxContext.leases.checkNow();
  }

  async append(
    events: readonly WireEvent[],
    expected: ExpectedVersion = "any",
    by?: string,
  ): Promise<AppendResult> {
    if (events.length === 0) return { stored: 0, duplicates: 0, position: 0, version: 0 };
    requireSingleCase(events, expected);
    try {
      const [self, known] = await Promise.all([this.producers.self(), this.producers.known()]);
      const grants = grantsOf(known);
      const speaker = speakerFor(self, by, grants);
      const admitted = admitAll(events, speaker, grants);
      if (!self.isOwner) requireNoJudgement(admitted, self.name);
      if (speaker !== self) await this.producers.countSent(speaker.name, events.length, grants);
      const { appended, touched } = await append(this.#client, admitted, expected, this.partitions, speaker);
      this.#notifier.notify(touched, typesOf(events), true);
      return appended;
    } catch (error) {
      if (error instanceof NotAllowed) await this.producers.recordRefusal(error.message, by, error.byServer);
      throw error;
    }
  }

  async forward(events: readonly WireEvent[]): Promise<AppendResult> {
    if (events.length === 0) return { stored: 0, duplicates: 0, position: 0, version: 0 };
    const { appended, touched } = await forward(this.#client, events, this.partitions);
    this.#notifier.notify(touched, typesOf(events), true);
    return appended;
  }

  register = (processors: readonly ProcessorSpec[]) => registerProcessors(this.#client, processors);

  async *mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    const ended = AbortSignal.any([signal, this.#ended.signal]);
    if (!await this.#registerProcessor(processor, ended)) return;
    this.#notifier.start();
    this.#maintenance ??= this.#startMaintenance();
    yield* acquireMailboxes(this.#mailboxContext, processor, ended);
  }

  /** What a processor takes is known before its mailboxes are given out: by it is counted what waits. False: the signal aborted. */
  async #registerProcessor({ name, takes }: ProcessorSpec, signal: AbortSignal): Promise<boolean> {
    const register = () =>
      this.#client.run((sql) =>
        sql`with known as (
            insert into zaakstroom.processors values (${name}, ${arrayOf(takes)}::text[])
            on conflict (name) do update set takes = excluded.takes where processors.takes <> excluded.takes)
          insert into zaakstroom.subscriptions (processor, partition)
          select ${name}, p from generate_series(0, ${this.partitions - 1}) p on conflict do nothing`
      );
    try {
      await retryWhileUnavailable(register, signal, this.#options.onAvailabilityChange);
      return !signal.aborted;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  #startMaintenance(): Promise<unknown> {
    const [client, notifier] = [this.#client, this.#notifier];
    const { timersAsOf, names, onInputRefused = () => {}, traceAppend, chainMs = 5_000 } = this.#options;
    const chain = runHashChain(client, { node: this.#node, everyMs: chainMs }, this.#ended.signal);
    const maintenance = runMaintenance(
      {
        client,
        notifier,
        partitions: this.partitions,
        everyMs: 250,
        timersAsOf,
        onInputRefused,
        traceAppend,
        names,
      },
      this.#ended.signal,
    );
    return Promise.all([maintenance, chain]);
  }

  readCase = (caseId: string) => queries.readCase(this.#client, caseId);
  readAll = (range = {}) => queries.readAll(this.#client, range);
  readLines = (range = {}) => queries.readLines(this.#client, range);
  lastPosition = () => queries.lastPosition(this.#client);
  onAppended = (listener: () => void) => this.#notifier.subscribe(listener);
  record = (act: OperatorRecord) => queries.record(this.#client, act);
  audit = (caseId: string) => queries.audit(this.#client, caseId);
  storedKinds = () => queries.storedKinds(this.#client);
  secret = () => queries.secret(this.#client);
  restoredFrom = () => this.#restoration.restoredFrom();
  acceptRestoration = (act: OperatorAction) => this.#restoration.acceptRestoration(act);
  health = () => health(this.#client, this, (...mailbox) => this.#mailboxStore.waitsFor(...mailbox));
  measure = () => this.#measuring.measure();

  close = (): Promise<void> => this.#closing ??= this.#close();

  async #close(): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled([this.#maintenance]);
    await this.#mailboxContext.leases.leave();
    await this.#notifier.close();
    await this.#client.close();
  }
}

function mailboxContext(
  store: PostgresMailboxStore,
  leaseStore: PostgresLeaseStore,
  options: PostgresOptions,
): MailboxContext {
  const { leaseMs = LEASE_MS, renewMs = leaseMs / 3, batchSize = 500, batchBytes = 1_000_000 } = options;
  const { onAvailabilityChange = () => {}, onPauseChange } = options;
  return withPasses({
    store,
    leases: new LeaseManager(leaseStore, {
      renewMs,
      clock: systemClock,
      onAvailabilityChange,
      onPauseChange,
    }),
    limits: { batchSize, batchBytes },
    clock: systemClock,
    onAvailabilityChange,
  });
}

function requireSingleCase(events: readonly WireEvent[], expected: ExpectedVersion): void {
  if (expected === "any") return;
  if (new Set(events.map((event) => event.correlation_id)).size > 1) {
    throw new TypeError("Cannot expect a version of events of more than one case");
  }
}

function typesOf(events: readonly WireEvent[]): string[] {
  return [...new Set(events.map((event) => event.event_type))];
}
