/** The JetStream backend on records: a partition's owner writes all that becomes durable together as one message. @module */
import type { WireEvent } from "../../schema/events.ts";
import type { Mailbox, ProcessorSpec } from "../mailbox/mailbox.ts";
import type { Producer } from "../../schema/authority/grants.ts";
import type { Backend, BackendFeatures } from "../backend.ts";
import type { DeadLetters, Inbox, OperatorRecord } from "../dead_letters.ts";
import { NotAllowed, VersionConflict } from "../errors.ts";
import type { ExpectedVersion } from "../event_store.ts";
import { admitAll, speakerFor } from "../producers.ts";
import { judgedVersion } from "./authority/judged_append.ts";
import { NatsProducers } from "./authority/producers.ts";
import type { Health } from "../health.ts";
import type { Measurements } from "../measurements.ts";
import { acquireMailboxes } from "../mailbox/leased_mailbox.ts";
import { NatsClient } from "./connection/client.ts";
import { RecordContext } from "./journal/store/record_context.ts";
import { deadLettersOf } from "./journal/operations/dead_letters.ts";
import { inboxContext, runRecordMaintenance } from "./journal/operations/record_maintenance.ts";
import { recordAct } from "./journal/operations/record_act.ts";
import { recordHealth } from "./journal/operations/record_health.ts";
import { readServerFigures } from "./journal/operations/server_figures.ts";
import { NatsRelayStore } from "./operations/relays.ts";
import type { RelayStore } from "../relay/relay_store.ts";
import { ingestInbox } from "./operations/ingest_inbox.ts";
import { type NatsOptions, requestedStoreOf } from "./setup/options.ts";
import { storeSecret } from "./setup/secret.ts";
import { ensureStreams, type OpenedStore } from "./setup/streams.ts";

const features: BackendFeatures = {
  leases: "partition",
  ids: "case",
  durable: true,
  shared: true,
  atomicAppend: "partition",
  readModels: false,
  geography:
    "a cluster (R3) survives the loss of a place without losing an acknowledged event, and every write waits " +
    "for a majority, so that its places must be milliseconds apart",
};

/** Connects, creates missing streams and opens the store. Throws BackendUnavailable when
 * the server can't be reached, BackendUnusable when it can't be used, and StoreLost when its log is gone or another one, each
 * with one line that says what to do. */
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

/** Whoever writes the log itself. */
const OWNER: Producer = { name: "owner", isOwner: true };

class NatsBackend implements Backend {
  readonly name = "nats";
  readonly features = features;
  readonly partitions: number;
  readonly deadLetters: DeadLetters;
  readonly inbox: Inbox;
  readonly producers: NatsProducers;
  readonly relays: RelayStore;
  readonly #context: RecordContext;
  readonly #options: NatsOptions;
  readonly #ended = new AbortController();
  #maintenance: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: NatsClient, options: NatsOptions, store: OpenedStore) {
    this.partitions = store.partitions;
    this.#options = options;
    this.#context = new RecordContext(client, options, store, this.#ended.signal);
    this.deadLetters = deadLettersOf(this.#context);
    this.inbox = ingestInbox(inboxContext(this.#context));
    const { stream, clock } = this.#context;
    this.relays = new NatsRelayStore(client, { stream, replicas: store.replicas });
    this.producers = new NatsProducers({
      client,
      stream,
      clock,
      record: (act) => recordAct(this.#context, act),
    });
  }

  async prepare(): Promise<void> {
    await this.#context.clock.measure();
  }

  async append(events: readonly WireEvent[], expected: ExpectedVersion = "any", by?: string) {
    try {
      const [self, grants] = await Promise.all([this.producers.self(), this.producers.known()]);
      const speaker = speakerFor(self, by, grants);
      return await this.#appendFrom(speaker, admitAll(events, speaker, grants), expected);
    } catch (error) {
      if (error instanceof NotAllowed) await this.producers.record("refused", by ?? "owner", error.message);
      throw error;
    }
  }

  /** Appends what was admitted, as far as its cases allow it. */
  async #appendFrom(speaker: Producer, events: readonly WireEvent[], expected: ExpectedVersion) {
    for (;;) {
      const on = await judgedVersion(this.readCase, events, expected, speaker);
      try {
        return await this.#context.appender.append(events, on);
      } catch (error) {
        // What was judged is stored on the version that it was judged by; another one is judged anew.
        if (!(error instanceof VersionConflict) || expected !== "any") throw error;
      }
    }
  }

  async *mailboxes(processor: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    const { lost, mailboxContext, takes } = this.#context;
    takes.set(processor.name, processor.takes);
    this.#maintenance ??= this.#runMaintenance();
    yield* acquireMailboxes(mailboxContext, processor, AbortSignal.any([signal, lost, this.#ended.signal]));
    lost.throwIfAborted();
  }

  #runMaintenance(): Promise<unknown> {
    const { timersAsOf, names, onInputRefused = () => {} } = this.#options;
    const traceAppend = this.#options.traceAppend ?? ((events, append) => append(events));
    const append = (events: readonly WireEvent[], producer: Producer = OWNER) =>
      traceAppend(events, (traced) => this.#appendFrom(producer, traced, "any"));
    const { producers } = this;
    const options = { timersAsOf, onInputRefused, append, producers, names };
    return runRecordMaintenance(this.#context, options, this.#ended.signal);
  }

  readCase = (caseId: string) => this.#context.reads.readCase(caseId);
  lastPosition = () => this.#context.reads.lastPosition();
  readAll = (range = {}) => this.#context.reads.readAll(range);
  listCases = (options = {}) => this.#context.reads.listCases(options);
  audit = (caseId: string) => this.#context.reads.audit(caseId);
  record = (act: OperatorRecord) => recordAct(this.#context, act);

  secret(): Promise<string> {
    const { client, stream, store: { replicas } } = this.#context;
    return storeSecret(client, { stream, replicas });
  }

  storedKinds = () => this.#context.reads.storedKinds();

  async health(): Promise<Health> {
    const { partitions: views, store: { leaseMs, replicas }, clock, bucket } = this.#context;
    await clock.measure();
    return await recordHealth({
      views,
      leaseMs,
      replicas,
      syncAlways: this.#options.syncAlways,
      inbox: this.inbox,
      now: () => clock.now(),
      readLeases: async () => (await bucket.read()).leases,
    });
  }

  async measure(): Promise<Measurements> {
    const { reads, client, stream } = this.#context;
    const [stored, figures] = await Promise.all([reads.storedCounts(), readServerFigures(client, stream)]);
    return { stored, figures: { ...figures } };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled([this.#maintenance]);
    await this.#context.close();
  }
}
