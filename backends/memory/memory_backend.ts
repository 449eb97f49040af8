/** The memory backend: the whole contract in one process, for tests, trials and the simulation. @module */
import type { WireEvent } from "../../schema/events.ts";
import type { EventKind } from "../../schema/evolution.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import type { Backend, BackendFeatures } from "../backend.ts";
import type { Mailbox, ProcessorSpec } from "../mailbox/mailbox.ts";
import type { AuditEntry, OperatorRecord } from "../dead_letters.ts";
import { BackendUnavailable } from "../errors.ts";
import { type AppendResult, type ExpectedVersion, inRange, type ReplayRange } from "../event_store.ts";
import type { Health, MailboxHealth } from "../health.ts";
import type { HashChain } from "../chain/hash_chain.ts";
import type { Measurements } from "../measurements.ts";
import { type ModelStore, projectionHealth } from "../projections.ts";
import { LeaseManager } from "../mailbox/lease_manager.ts";
import { acquireMailboxes, type MailboxContext } from "../mailbox/leased_mailbox.ts";
import { withPasses } from "../mailbox/leased_passes.ts";
import { MemoryLeaseStore } from "./lease_store.ts";
import type { Subscription } from "./lease_table.ts";
import { MemoryMailboxStore } from "./mailbox_store.ts";
import { type LogEntry, storedEventOf } from "./event_log.ts";
import { MemoryDeadLetters, MemoryParked } from "./dead_letters.ts";
import { MemoryStore, type MemoryStoreOptions } from "./memory_store.ts";
import { pending } from "./batch_reader.ts";
import type { Producer } from "../../schema/authority/grants.ts";
import type { PauseListener, Pauses } from "../pauses.ts";
import { type Producers, REFUSED, requireOwner } from "../producers.ts";
import type { RelayStore } from "../relay/relay_store.ts";
import type { Rewinds } from "../rewinds.ts";
import { MemoryRewinds } from "./operations/rewinds.ts";

export interface MemoryBackendOptions extends MemoryStoreOptions {
  /** A store to share with other backends; it brings its own partitions and clock. */
  shared?: MemoryStore;
  /** Name under which leases are held. Default: a new one. */
  owner?: string;
  /** How long a lease runs without being renewed. Default 10,000. */
  leaseMs?: number;
  /** How often leases are renewed. Default: a third of `leaseMs`. Infinity: never, as by a process that was stopped. */
  renewMs?: number;
  /** Most deliveries in a batch. Default 500. */
  batchSize?: number;
  /** Most characters in a batch; one delivery is always allowed. Default 1,000,000. */
  batchBytes?: number;
  /** The time timers are measured against. Default: the store's clock. */
  timersAsOf?: () => Date;
  onPauseChange?: PauseListener | undefined;
  /** Who opens it. Default: the owner of the store. */
  account?: Producer;
}

const PENDING_LIMIT = 10_000;
const TIMER_POLL_MS = 250;

/** Opens a memory backend. It lives until it is closed: while it lives, it fires due timers. */
export function createMemoryBackend(options: MemoryBackendOptions = {}): Backend {
  return new MemoryBackend(options);
}

class MemoryBackend implements Backend {
  readonly name = "memory";
  readonly features: BackendFeatures = {
    durable: false,
    shared: false,
    atomicAppend: "call",
    leases: "partition",
    ids: "store",
    readModels: true,
    geography: "none: it lives in one process",
  };
  readonly node: string;
  readonly partitions: number;
  readonly deadLetters: MemoryDeadLetters;
  readonly parked: MemoryParked;
  readonly models: ModelStore;
  readonly chain: HashChain;
  readonly relays: RelayStore;
  readonly producers: Producers;
  readonly rewinds: Rewinds;
  readonly pauses: Pauses;
  readonly #leaseStore: MemoryLeaseStore;
  readonly #account: Producer;
  readonly #store: MemoryStore;
  readonly #context: MailboxContext;
  readonly #timersAsOf: (() => Date) | undefined;
  readonly #closed = new AbortController();
  /** How many the first measurement found. */
  #measuredFrom: { readonly events: number; readonly refused: number } | undefined;

  constructor({ shared, owner: node = crypto.randomUUID(), ...options }: MemoryBackendOptions) {
    const { leaseMs = 10_000, renewMs = leaseMs / 3, batchSize = 500, batchBytes = 1_000_000 } = options;
    this.#store = shared ?? new MemoryStore(options);
    const { clock, leases: table, log } = this.#store;
    const onAvailabilityChange = () => {};
    const leaseStore = this.#leaseStore = new MemoryLeaseStore(table, clock, node, leaseMs);
    const leases = new LeaseManager(leaseStore, {
      renewMs,
      clock,
      onAvailabilityChange,
      onPauseChange: options.onPauseChange,
    });
    const store = new MemoryMailboxStore(this.#store);
    this.#context = withPasses({
      store,
      leases,
      limits: { batchSize, batchBytes },
      clock,
      onAvailabilityChange,
    });
    this.#timersAsOf = options.timersAsOf;
    this.node = node;
    this.partitions = log.partitions;
    this.deadLetters = new MemoryDeadLetters(this.#store);
    this.parked = new MemoryParked(this.#store);
    this.models = this.#store.models;
    this.chain = this.#store.chain;
    this.rewinds = new MemoryRewinds(this.#store);
    this.pauses = this.#store.pauses;
    this.relays = this.#store.relays;
    this.#account = options.account ?? { name: "owner", isOwner: true };
    this.producers = this.#store.producersFor(this.#account);
    // One that never renews its leases does not see either that those of others are free.
    if (Number.isFinite(renewMs)) table.listeners.add(this);
    void this.#fireTimers();
  }

  /** Another node has come, or has released a lease. */
  notify(): void {
    this.#context.leases.checkNow();
  }

  append(
    events: readonly WireEvent[],
    expected: ExpectedVersion = "any",
    by?: string,
  ): Promise<AppendResult> {
    return Promise.try(() => {
      if (this.#closed.signal.aborted) throw new BackendUnavailable("The memory backend is closed");
      return this.#store.append(this.#store.admit(events, this.#account, by), expected);
    });
  }

  forward(events: readonly WireEvent[]): Promise<AppendResult> {
    return Promise.try(() => {
      if (this.#closed.signal.aborted) throw new BackendUnavailable("The memory backend is closed");
      requireOwner(this.#account);
      return this.#store.append(events, "any");
    });
  }

  readCase(caseId: string): AsyncGenerator<StoredEvent> {
    return snapshot(this.#store.log.cases.get(caseId) ?? [], () => true);
  }

  readAll(range: ReplayRange = {}): AsyncGenerator<StoredEvent> {
    return snapshot(this.#store.log.entries, inRange(range));
  }

  secret(): Promise<string> {
    return Promise.resolve(this.#store.secret);
  }

  register(processors: readonly ProcessorSpec[]): Promise<void> {
    return Promise.try(() => {
      const { leases, log } = this.#store;
      leases.register(processors, (partition, beginning) => log.lastBefore(partition, beginning));
    });
  }

  /** What lives in one process comes from no backup. */
  restoredFrom(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  acceptRestoration(): Promise<boolean> {
    return Promise.resolve(false);
  }

  mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    this.#store.leases.registerProcessor(processor.name, processor.takes);
    return acquireMailboxes(this.#context, processor, AbortSignal.any([signal, this.#closed.signal]));
  }

  audit(caseId: string): Promise<AuditEntry[]> {
    return Promise.resolve(this.#store.trail.filter((entry) => entry.caseId === caseId));
  }

  onAppended(listener: () => void): () => void {
    const each = { notify: listener };
    for (const signal of this.#store.arrived) signal.add(each);
    return () => this.#store.arrived.forEach((signal) => signal.delete(each));
  }

  lastPosition(): Promise<number> {
    return Promise.resolve(this.#store.log.entries.at(-1)?.position ?? 0);
  }

  record(act: OperatorRecord): Promise<void> {
    this.#store.trail.push({ at: new Date(this.#store.clock.now()).toISOString(), ...act });
    return Promise.resolve();
  }

  storedKinds(): Promise<EventKind[]> {
    const kinds = new Map<string, EventKind>();
    for (const { type, schemaVersion: version } of this.#store.log.entries) {
      kinds.set(`${type}@${version}`, { type, version });
    }
    return Promise.resolve([...kinds.values()]);
  }

  async health(): Promise<Health> {
    return {
      survivesPowerFailure: false,
      promised: { kind: "memory" },
      durability: "An acknowledged event is in the memory of this process, and gone when the process ends.",
      timers: this.#store.timers.size,
      nextTimerAt: isoOrNull(this.#store.timers.nextDue()),
      mailboxes: this.#store.leases.all().map((each) => mailboxHealth(each, this.#store)),
      pauses: await this.pauses.list(),
      nodes: this.#leaseStore.living(),
      projections: await projectionHealth(this.models),
    };
  }

  measure(): Promise<Measurements> {
    const { entries } = this.#store.log;
    const refused = this.#store.trail.filter(({ act }) => act === REFUSED).length;
    const from = this.#measuredFrom ??= { events: entries.length, refused };
    const stored = new Map<string, number>();
    for (const { type } of entries.slice(from.events)) stored.set(type, (stored.get(type) ?? 0) + 1);
    return Promise.resolve({ stored, refused: refused - from.refused, figures: {} });
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#store.leases.listeners.delete(this);
    await this.#context.leases.leave();
  }

  async #fireTimers(): Promise<void> {
    const { clock, timers } = this.#store;
    const timersAsOf = this.#timersAsOf;
    while (!this.#closed.signal.aborted) {
      const now = timersAsOf?.().getTime() ?? clock.now();
      this.#store.fireTimers(now);
      // A time of its own may run faster than the clock: then the next timer is polled for.
      const wait = timersAsOf === undefined ? timers.nextDue() - now : TIMER_POLL_MS;
      await timers.changed.wait(clock, wait, this.#closed.signal);
    }
  }
}

/** What matches now, whatever is appended while it is being read: entries never change, so positions bound it. */
async function* snapshot(entries: readonly LogEntry[], matches: (entry: LogEntry) => boolean) {
  for (let i = 0, end = entries.length; i < end; i++) {
    if (matches(entries[i]!)) yield await Promise.resolve(storedEventOf(entries[i]!));
  }
}

function isoOrNull(time: number): string | null {
  return Number.isFinite(time) ? new Date(time).toISOString() : null;
}

function mailboxHealth(subscription: Subscription, { log, clock, leases }: MemoryStore): MailboxHealth {
  const now = clock.now();
  const { processor, partition, owner, epoch, settledAt } = subscription;
  const { leaseUntil } = leases.leaseOf(subscription);
  const waiting = [...pending(subscription, log).take(PENDING_LIMIT)];
  const all = [...subscription.parked.values()].flat();
  const parked = all.filter(({ state }) => state !== "dead");
  const oldest = Math.min(...parked.map(({ position }) => log.at(position)!.recordedAt));
  return {
    processor,
    partition,
    owner,
    epoch,
    leaseMs: owner === null || leaseUntil === null ? 0 : leaseUntil - now,
    pending: waiting.length,
    oldestMs: waiting.length === 0 ? 0 : now - waiting[0]!.recordedAt,
    sinceSettledMs: settledAt === null ? null : now - settledAt,
    parked: parked.length,
    parkedOldestMs: parked.length === 0 ? 0 : now - oldest,
    retrying: parked.filter(({ state }) => state === "retry").length,
    dead: all.length - parked.length,
  };
}
