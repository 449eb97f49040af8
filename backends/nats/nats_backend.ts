/** The NATS JetStream backend: one stream, and mailboxes that settle by one atomic batch. @module */
import type { WireEvent } from "../../schema/events.ts";
import type { Mailbox, ProcessorSpec } from "../mailbox/mailbox.ts";
import { token } from "../../schema/nats.ts";
import type { Backend, BackendFeatures } from "../backend.ts";
import type { Inbox, OperatorRecord } from "../dead_letters.ts";
import { BackendUnusable } from "../errors.ts";
import type { ExpectedVersion } from "../event_store.ts";
import { createAsyncQueue } from "../primitives/async_queue.ts";
import { retryWhileUnavailable } from "../primitives/retry.ts";
import { messageText, NatsClient } from "./connection/client.ts";
import { createContext, type NatsContext } from "./context.ts";
import { append, MAX_ATOMIC_EVENTS } from "./log/append.ts";
import * as queries from "./log/queries.ts";
import type { Lease } from "./mailbox/leases.ts";
import { NatsMailbox } from "./mailbox/nats_mailbox.ts";
import { listCases } from "./operations/case_projection.ts";
import { deadLetters } from "./operations/dead_letters.ts";
import { record } from "./operations/trail.ts";
import { health } from "./operations/health.ts";
import { Measuring } from "./operations/measure.ts";
import { ingestInbox } from "./operations/ingest.ts";
import { runMaintenance } from "./operations/maintenance.ts";
import { TimerIndex } from "./operations/timer_index.ts";
import { type NatsOptions, requestedStoreOf } from "./setup/options.ts";
import { storeSecret } from "./setup/secret.ts";
import { ensureStreams, type OpenedStore } from "./setup/streams.ts";

const features: BackendFeatures = {
  leases: "processor",
  durable: true,
  shared: true,
  // A server takes a thousand messages in an atomic batch.
  atomicAppend: MAX_ATOMIC_EVENTS,
  readModels: false,
  geography:
    "a cluster (R3) survives the loss of a place without losing an acknowledged event, and every write waits " +
    "for a majority, so that its places must be milliseconds apart",
};

/**
 * Connects, creates missing streams and opens the store. Throws BackendUnavailable when the server can't be reached,
 * BackendUnusable when it can't be used, and StoreLost when its log is gone or another one, each with one line that says
 * what to do.
 */
export async function openNats(options: NatsOptions): Promise<Backend> {
  const requested = requestedStoreOf(options);
  const client = await NatsClient.open(options);
  try {
    const store = await ensureStreams(client, requested);
    if (store.drift.length > 0) options.onDrift?.(store.drift);
    const backend = new NatsBackend(client, options, store);
    await backend.prepare();
    return backend;
  } catch (error) {
    await client.close();
    throw error;
  }
}

class NatsBackend implements Backend {
  readonly name = "nats";
  readonly features = features;
  readonly partitions: number;
  readonly deadLetters;
  readonly inbox: Inbox;
  readonly #context: NatsContext;
  readonly #measuring: Measuring;
  readonly #store: OpenedStore;
  readonly #options: NatsOptions;
  readonly #ended = new AbortController();
  readonly #mailboxes = new Set<NatsMailbox>();
  #maintenance: Promise<unknown> | undefined;
  /** Followed by a node with mailboxes only. */
  #timers: TimerIndex | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: NatsClient, options: NatsOptions, store: OpenedStore) {
    this.partitions = store.partitions;
    this.#options = options;
    this.#store = store;
    this.#context = createContext(client, options, store);
    this.#measuring = new Measuring(this.#context);
    const { subjects, onAvailabilityChange } = this.#context;
    this.deadLetters = deadLetters(this.#context, (processor, partition) => {
      client.publish(subjects.notify(), `parked ${partition} ${processor}`);
    });
    this.inbox = ingestInbox(this.#context);
    client.subscribe(subjects.notify(), (msg) => this.#onNotification(messageText(msg)));
    client.onDisconnect(onAvailabilityChange);
    client.onReconnect(() => this.#onReconnected());
  }

  /** Reads what every write needs to know. */
  async prepare(): Promise<void> {
    await this.#context.clock.measure();
    await this.storedKinds();
  }

  append = (events: readonly WireEvent[], expected: ExpectedVersion = "any") =>
    append(this.#context, events, expected);

  async *mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    const { lost } = this.#context;
    const ended = AbortSignal.any([signal, lost, this.#ended.signal]);
    const acquired = createAsyncQueue<Mailbox>(ended);
    const opening = new Set<Promise<void>>();
    this.#maintenance ??= this.#runMaintenance();
    this.#context.leases.subscribe(processor.name, (lease) => {
      const opened = this.#open(lease, processor, ended).then((mailbox) => mailbox && acquired.push(mailbox));
      opening.add(opened);
      void opened.finally(() => opening.delete(opened));
    });
    try {
      yield* acquired.items();
    } finally {
      this.#context.leases.unsubscribe(processor.name);
      await Promise.all(opening);
      for (const mailbox of acquired.drain()) await mailbox.close();
    }
    lost.throwIfAborted();
  }

  /** Opens the mailbox of a lease, however long the server is unavailable; undefined when the lease was lost meanwhile. */
  async #open(lease: Lease, { takes }: ProcessorSpec, signal: AbortSignal): Promise<NatsMailbox | undefined> {
    const ended = AbortSignal.any([signal, lease.revoked.signal]);
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
      // The released lease is acquired again later, when the cause, a lack of rights say, may be gone.
      await this.#context.leases.release(lease);
      if (ended.aborted || error instanceof BackendUnusable) return undefined;
      throw error;
    }
  }

  #runMaintenance(): Promise<unknown> {
    const timers = this.#timers = new TimerIndex(this.#context);
    const { timersAsOf, onInputRefused = () => {}, traceAppend = (events, append) => append(events) } =
      this.#options;
    const append = (events: readonly WireEvent[]) => traceAppend(events, (traced) => this.append(traced));
    const context = { ...this.#context, timers, timersAsOf, append, onInputRefused };
    return runMaintenance(context, this.#ended.signal);
  }

  /** Handles a notification of another node: a lease is free, or a parked case was changed. */
  #onNotification(text: string): void {
    const [what, partition, ...processor] = text.split(" ");
    if (what === "leases" && partition !== token(this.#context.node)) this.#context.leases.checkNow();
    for (const mailbox of this.#mailboxes) {
      const matches = mailbox.partition === Number(partition) && mailbox.processor === processor.join(" ");
      if (what === "parked" && matches) mailbox.onParkedChanged();
    }
  }

  /** Notifications sent while the connection was lost did not arrive. */
  #onReconnected(): void {
    this.#context.onAvailabilityChange(undefined);
    this.#context.leases.checkNow();
    for (const mailbox of this.#mailboxes) mailbox.onParkedChanged();
  }

  readCase = (caseId: string) => queries.readCase(this.#context, caseId);
  readAll = (range = {}) => queries.readAll(this.#context, range);
  listCases = (options = {}) => listCases(this.#context, options);
  audit = (caseId: string) => queries.audit(this.#context, caseId);
  secret = () =>
    storeSecret(this.#context.client, { stream: this.#context.stream, replicas: this.#store.replicas });
  record = (act: OperatorRecord) => record(this.#context, act);
  storedKinds = () => this.#context.eventKinds.read(this.#context.client, this.#context.stream);

  health = () =>
    health({
      ...this.#context,
      replicas: this.#store.replicas,
      leaseMs: this.#store.leaseMs,
      syncAlways: this.#options.syncAlways,
      mailboxes: this.#mailboxes,
      timers: this.#timers,
      inbox: this.inbox,
    });

  measure = () => this.#measuring.measure();

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
