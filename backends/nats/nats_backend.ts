/** The NATS JetStream backend: one stream, and mailboxes that settle by one atomic batch. @module */
import type { WireEvent } from "../../schema/events.ts";
import { DUPLICATE_WINDOW_MS, type StreamDrift, Subjects, token } from "../../schema/nats.ts";
import { partitionOf } from "../../schema/partition.ts";
import { createAsyncQueue } from "../primitives/async_queue.ts";
import type { Backend } from "../backend.ts";
import type { Mailbox, ProcessorSpec } from "../mailbox/mailbox.ts";
import type { Inbox } from "../dead_letters.ts";
import { BackendUnavailable, BackendUnusable } from "../errors.ts";
import type { AppendResult, ExpectedVersion } from "../event_store.ts";
import { type AvailabilityListener, retryWhileUnavailable } from "../primitives/retry.ts";
import { append } from "./log/append.ts";
import { CaseProjection, listCases } from "./operations/case_projection.ts";
import { CaseHeadCache } from "./log/case_heads.ts";
import { runMaintenance } from "./operations/maintenance.ts";
import { messageText, NatsClient } from "./connection/client.ts";
import type { NatsCredentials } from "./connection/credentials.ts";
import { deadLetters } from "./operations/dead_letters.ts";
import { describeDurability } from "./operations/durability.ts";
import { features } from "./operations/features.ts";
import { health } from "./operations/health.ts";
import { ingestInbox, ingestPending } from "./operations/ingest.ts";
import { EventKindRegistry } from "./log/event_kinds.ts";
import { type Lease, LeaseKeeper } from "./mailbox/leases.ts";
import { NatsMailbox } from "./mailbox/nats_mailbox.ts";
import type { NatsContext } from "./context.ts";
import * as reading from "./log/queries.ts";
import { ensureStreams, type OpenedStore } from "./setup/streams.ts";
import { ServerClock } from "./stream/server_clock.ts";
import { TimerIndex } from "./operations/timer_index.ts";
import { runTimers } from "./operations/timers.ts";
import { KeyedMutex } from "../primitives/keyed_mutex.ts";
import { namesOf, wantedStoreOf } from "./setup/options.ts";
import { GroupCommit } from "./stream/group_commit.ts";

export interface NatsOptions {
  /** `nats://host:port`, several with commas between them. */
  url: string;
  /** Who we are to the server, besides what the URL tells. */
  credentials?: NatsCredentials;
  /** The name of this node; whoever comes back under it takes its own leases at once. Default: a new one. */
  node?: string;
  /** Slices of a *new* store; an existing one keeps its own. Default 16. */
  partitions?: number;
  /** Servers that hold each message of a *new* store. Default 1; `setUpNats` can change it for one that exists. */
  replicas?: number;
  /** How long a lease of a *new* store runs without being renewed. Default 5,000; with replicas 15,000. */
  leaseMs?: number;
  /** Between two renewals. Default: a third of the lease. */
  renewMs?: number;
  /** Deliveries and characters a batch holds at most. Default 480 and 1,000,000. */
  batchSize?: number;
  batchBytes?: number;
  /** Told when the server goes away and comes back. */
  onAvailabilityChange?: AvailabilityListener;
  /** The stream. Default `CASES`. */
  stream?: string;
  /** What its subjects begin with. Default: the stream's name in small letters. */
  prefix?: string;
  /** Told at the opening of a store whose streams are not configured as this program would; they are used as they are. */
  onDrift?: (drift: readonly StreamDrift[]) => void;
  /** True when the server is known to sync every write: it does not tell. */
  syncAlways?: boolean;
  /** No answer for this long counts as away. Default 5,000. */
  deadlineMs?: number;
  /** The time timers are measured against. Default: the clock of the server. */
  timersAsOf?: () => Date;
}

const TIMERS_EVERY_MS = 250;
/** Two settlements with one output each fit into one atomic batch. */
const BATCH_SIZE = 480;

/**
 * Connects, creates the streams where they are missing and opens the store. Throws BackendAway when the server can't be
 * reached and BackendRefused when it can't be used, each with one line that says what to do.
 */
export async function openNats(options: NatsOptions): Promise<Backend> {
  const wanted = wantedStoreOf(options);
  const client = await NatsClient.open(options);
  try {
    const store = await ensureStreams(client, wanted);
    if (store.drift.length > 0) options.onDrift?.(store.drift);
    const backend = new NatsBackend(client, { ...options, ...namesOf(options) }, store);
    await backend.prepare();
    return backend;
  } catch (error) {
    await client.close();
    throw error;
  }
}

type NamedOptions = NatsOptions & { stream: string; prefix: string };

class NatsBackend implements Backend {
  readonly name = "nats";
  readonly features = features;
  readonly partitions: number;
  readonly deadLetters;
  readonly inbox: Inbox;
  readonly #context: NatsContext;
  readonly #store: OpenedStore;
  readonly #options: NamedOptions;
  readonly #ended = new AbortController();
  readonly #mailboxes = new Set<NatsMailbox>();
  #maintenance: Promise<unknown> | undefined;
  /** Followed by a node that has mailboxes. */
  #timers: TimerIndex | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: NatsClient, options: NamedOptions, store: OpenedStore) {
    this.partitions = store.partitions;
    this.#options = options;
    this.#store = store;
    this.#context = contextOf(client, options, store);
    this.deadLetters = deadLetters(this.#context, (processor, partition) => {
      this.#context.client.publish(this.#context.subjects.notify(), `parked ${partition} ${processor}`);
    });
    this.inbox = ingestInbox({ ...this.#context, append: (events) => this.append(events) });
    client.subscribe(this.#context.subjects.notify(), (msg) => this.#onNotification(messageText(msg)));
    client.onDisconnect(() =>
      this.#context.onAvailabilityChange(new BackendUnavailable("NATS is away (the connection is lost)"))
    );
    client.onReconnect(() => this.#onReconnected());
  }

  /** Learns what every write needs to know. */
  async prepare(): Promise<void> {
    await this.#context.clock.measure();
    await this.storedKinds();
  }

  async append(events: readonly WireEvent[], expected: ExpectedVersion = "any"): Promise<AppendResult> {
    if (events.length === 0) return { stored: 0, duplicates: 0, position: 0, version: 0 };
    requireOneCase(events, expected);
    const findRecent = (id: string) => reading.findRecent(this.#context, id, DUPLICATE_WINDOW_MS);
    return await append({ ...this.#context, findRecent }, events, expected);
  }

  async *mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    const ended = AbortSignal.any([signal, this.#ended.signal]);
    const acquired = createAsyncQueue<Mailbox>(ended);
    const opening = new Set<Promise<void>>();
    this.#maintenance ??= Promise.all([this.#runTimers(), this.#runMaintenance()]);
    this.#context.leases.want(processor.name, (lease) => {
      const opened = this.#open(lease, processor, ended).then((mailbox) => mailbox && acquired.push(mailbox));
      opening.add(opened);
      void opened.finally(() => opening.delete(opened));
    });
    try {
      yield* acquired.items();
    } finally {
      this.#context.leases.unwant(processor.name);
      await Promise.all(opening);
      for (const mailbox of acquired.drain()) await mailbox.close();
    }
  }

  /** Opens the mailbox of a lease, however long the server is away; undefined when the lease was lost meanwhile. */
  async #open(lease: Lease, { takes }: ProcessorSpec, signal: AbortSignal): Promise<NatsMailbox | undefined> {
    const ended = AbortSignal.any([signal, lease.ended.signal]);
    try {
      const open = () => NatsMailbox.open(this.#context, lease, takes, () => this.#mailboxes.delete(mailbox));
      const mailbox: NatsMailbox = await retryWhileUnavailable(
        open,
        ended,
        this.#context.onAvailabilityChange,
      );
      this.#mailboxes.add(mailbox);
      return mailbox;
    } catch (error) {
      // Given back, the lease is taken again later: what is refused now, a lack of rights say, may be mended by then.
      await this.#context.leases.release(lease);
      if (ended.aborted || error instanceof BackendUnusable) return undefined;
      throw error;
    }
  }

  #runTimers(): Promise<void> {
    const timers = this.#timers = new TimerIndex(this.#context);
    const asOf = this.#options.timersAsOf;
    return runTimers({ context: this.#context, timers, everyMs: TIMERS_EVERY_MS, asOf }, this.#ended.signal);
  }

  async #runMaintenance(): Promise<void> {
    const projection = new CaseProjection(this.#context);
    const context = { ...this.#context, append: (events: readonly WireEvent[]) => this.append(events) };
    const { leases } = this.#context;
    await runMaintenance({
      ingestPending: () => ingestPending(context),
      project: async () => leases.leads ? await projection.project() : 0,
      restore: leases.restore,
    }, this.#ended.signal);
    await projection.close();
  }

  /** What another node tells: a lease is free, or somebody acted on a parked case. */
  #onNotification(text: string): void {
    const [what, partition, ...processor] = text.split(" ");
    if (what === "leases" && partition !== token(this.#context.node)) this.#context.leases.hurry();
    for (const mailbox of this.#mailboxes) {
      const isMeant = mailbox.partition === Number(partition) && mailbox.processor === processor.join(" ");
      if (what === "parked" && isMeant) mailbox.onParkedChanged();
    }
  }

  /** What was told meanwhile was not heard. */
  #onReconnected(): void {
    this.#context.onAvailabilityChange(undefined);
    this.#context.leases.hurry();
    for (const mailbox of this.#mailboxes) mailbox.onParkedChanged();
  }

  readCase = (caseId: string) => reading.readCase(this.#context, caseId);
  readAll = (range = {}) => reading.readAll(this.#context, range);
  listCases = async (options = {}) => {
    try {
      return await listCases(this.#context, options);
    } catch (error) {
      // The bucket may be gone: it is made anew, from the events.
      if (!(error instanceof BackendUnavailable)) throw error;
      await this.#context.leases.restore();
      return await listCases(this.#context, options);
    }
  };
  audit = (caseId: string) => reading.audit(this.#context, caseId);
  storedKinds = () => this.#context.eventKinds.read(this.#context.client, this.#context.stream);

  async health() {
    await this.#context.clock.measure();
    const durability = describeDurability(this.#store.replicas, this.#options.syncAlways);
    const here = { context: this.#context, mailboxes: this.#mailboxes, timers: this.#timers };
    const [stands, refused] = await Promise.all([
      health({ ...here, leaseMs: this.#store.leaseMs, durability }),
      this.inbox.count(),
    ]);
    return { ...stands, refused };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    const { leases, client } = this.#context;
    await leases.leave();
    await Promise.allSettled([this.#maintenance, ...[...this.#mailboxes].map((mailbox) => mailbox.close())]);
    await leases.close();
    await client.close();
  }
}

function contextOf(
  client: NatsClient,
  options: NamedOptions,
  { partitions, leaseMs }: OpenedStore,
): NatsContext {
  const { stream, prefix, node = crypto.randomUUID(), renewMs = leaseMs / 3 } = options;
  const subjects = new Subjects(prefix);
  const clock = new ServerClock(client, stream);
  const bell = subjects.notify();
  const restore = () => ensureStreams(client, { ...wantedStoreOf(options), leaseMs });
  return {
    client,
    stream,
    subjects,
    partitions,
    node,
    caseHeads: new CaseHeadCache(client, stream, subjects, (caseId) => partitionOf(caseId, partitions)),
    eventKinds: new EventKindRegistry(subjects),
    caseLocks: new KeyedMutex(),
    writer: new GroupCommit(client),
    clock,
    leases: new LeaseKeeper({ client, stream, partitions, node, leaseMs, renewMs, clock, bell, restore }),
    onAvailabilityChange: options.onAvailabilityChange ?? (() => {}),
    batchSize: options.batchSize ?? BATCH_SIZE,
    batchBytes: options.batchBytes ?? 1_000_000,
  };
}

function requireOneCase(events: readonly WireEvent[], expected: ExpectedVersion): void {
  if (expected === "any") return;
  if (new Set(events.map((event) => event.correlation_id)).size > 1) {
    throw new TypeError("Cannot expect a version of events of more than one case");
  }
}
