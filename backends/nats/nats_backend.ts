/** The JetStream backend on records: a partition's owner writes all that becomes durable together as one message. @module */
import { logName } from "../../schema/nats/log.ts";
import type { WireEvent } from "../../schema/events.ts";
import type { Mailbox, ProcessorSpec } from "../mailbox/mailbox.ts";
import type { Grants, Producer } from "../../schema/authority/grants.ts";
import type { Backend, BackendFeatures } from "../backend.ts";
import type {
  DeadLetters,
  Inbox,
  OperatorAction,
  OperatorRecord,
  ParkedDeliveries,
} from "../dead_letters.ts";
import type { ExpectedVersion } from "../event_store.ts";
import type { FanOut } from "../fan_out.ts";
import { RESTORATION_TRAIL } from "../restoration.ts";
import { requireOwner, speakerFor } from "../producers.ts";
import type { NatsProducers } from "./authority/producers.ts";
import type { Health } from "../health.ts";
import type { Pauses } from "../pauses.ts";
import type { Measurements } from "../measurements.ts";
import { acquireMailboxes } from "../mailbox/leased_mailbox.ts";
import { NatsClient } from "./connection/client.ts";
import { beginNew } from "./fan_out/fan_out_start.ts";
import { fanOutHealth } from "./fan_out/fan_out_health.ts";
import type { HashChain } from "../chain/hash_chain.ts";
import { RecordChain } from "./journal/chain/record_chain.ts";
import { RecordContext } from "./journal/store/record_context.ts";
import { deadLettersOf, parkedOf } from "./journal/operations/dead_letters.ts";
import { inboxContext, runRecordMaintenance } from "./journal/operations/record_maintenance.ts";
import { registerProcessors, rewindsOf } from "./journal/operations/rewinds.ts";
import type { Rewinds } from "../rewinds.ts";
import { pausesOf } from "./journal/operations/pauses.ts";
import { recordAct } from "./journal/operations/record_act.ts";
import { recordHealth } from "./journal/operations/record_health.ts";
import { readServerFigures } from "./journal/operations/server_figures.ts";
import { modelsOf } from "./models/models_of.ts";
import type { NatsModelStore } from "./models/model_store.ts";
import { projectionHealth } from "../projections.ts";
import { NatsRelayStore } from "./operations/relays.ts";
import type { RelayStore } from "../relay/relay_store.ts";
import { ingestInbox } from "./operations/ingest_inbox.ts";
import { type NatsOptions, requestedStoreOf } from "./setup/options.ts";
import { liftRestoration, readRestoration } from "./setup/restored.ts";
import { storeSecret } from "./setup/secret.ts";
import { ensureStreams, type OpenedStore } from "./setup/streams.ts";

const features: BackendFeatures = {
  leases: "partition",
  ids: "case",
  durable: true,
  shared: true,
  atomicAppend: "partition",
  readModels: true,
  geography:
    "a cluster (R3) survives the loss of a place without losing an acknowledged event, and every write waits " +
    "for a majority, so that its places must be milliseconds apart; a mirror over a leaf node follows from afar, waited for " +
    "by nobody, and is promoted by a person",
};

/** Connects, creates missing streams and opens the store. Throws BackendUnavailable when
 * the server can't be reached, BackendUnusable when it can't be used, and StoreLost when its log is gone or another one, each
 * with one line that says what to do. */
export async function openNats(options: NatsOptions): Promise<Backend> {
  const requested = requestedStoreOf(options);
  const client = await NatsClient.open(options);
  try {
    const store = await ensureStreams(client, requested, false, options.isRestoring);
    if (store.created.includes(logName(requested.stream))) await beginNew(client, requested);
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
  readonly parked: ParkedDeliveries;
  readonly inbox: Inbox;
  readonly producers: NatsProducers;
  readonly rewinds: Rewinds;
  readonly pauses: Pauses;
  readonly chain: HashChain;
  readonly relays: RelayStore;
  readonly models: NatsModelStore;
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
    this.rewinds = rewindsOf(this.#context);
    this.parked = parkedOf(this.#context);
    this.inbox = ingestInbox(inboxContext(this.#context));
    this.pauses = pausesOf(this.#context);
    const { log, subjects, producers, stream } = this.#context;
    this.relays = new NatsRelayStore(client, { stream, replicas: store.replicas });
    this.producers = producers;
    this.models = modelsOf(this.#context, options.models);
    this.chain = new RecordChain(client, log, (partition) => subjects.records(partition));
  }

  async prepare(): Promise<void> {
    await this.#context.clock.measure();
  }

  get fanOut(): FanOut | undefined {
    return this.#context.fanOut;
  }

  append(events: readonly WireEvent[], expected: ExpectedVersion = "any", by?: string) {
    const { admission, appender } = this.#context;
    const speakerBy = async (grants: Grants) => speakerFor(await this.producers.self(), by, grants);
    return admission.append(
      speakerBy,
      by,
      events,
      expected,
      (admitted, judgedOn) => appender.append(admitted, expected, judgedOn),
    );
  }

  async forward(events: readonly WireEvent[]) {
    requireOwner(await this.producers.self());
    return await this.#context.appender.append(events, "any");
  }

  register = (processors: readonly ProcessorSpec[]) => registerProcessors(this.#context, processors);

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
    const { admission, appender } = this.#context;
    const append = (events: readonly WireEvent[], producer: Producer = OWNER) =>
      traceAppend(
        events,
        (traced) =>
          admission.appendAdmitted(producer, traced, "any", (admitted, judgedOn) =>
            appender.append(admitted, "any", judgedOn)),
      );
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

  restoredFrom = () => readRestoration(this.#context.client, logName(this.#context.stream));

  async acceptRestoration({ by, why }: OperatorAction): Promise<boolean> {
    const { client, stream } = this.#context;
    if (!await liftRestoration(client, logName(stream))) return false;
    await recordAct(this.#context, { act: "restoration_accept", by, why, caseId: RESTORATION_TRAIL });
    return true;
  }

  storedKinds = () => this.#context.reads.storedKinds();

  async health(): Promise<Health> {
    const context = this.#context;
    const { partitions: views, store: { leaseMs, replicas }, clock, bucket } = context;
    const { client, stream, subjects: { prefix } } = context;
    await clock.measure();
    const health = await recordHealth({
      views,
      leaseMs,
      replicas,
      syncAlways: this.#options.syncAlways,
      inbox: this.inbox,
      fanOut: (opened) => fanOutHealth({ client, stream, prefix, now: () => clock.now() }, opened),
      now: () => clock.now(),
      readLeases: () => bucket.read(),
    });
    const [projections, restoration] = await Promise.all([
      projectionHealth(this.models),
      this.restoredFrom(),
    ]);
    return { ...health, projections, restoration };
  }

  async measure(): Promise<Measurements> {
    const { reads, client, stream } = this.#context;
    const [stored, refused, figures] = await Promise.all([
      reads.storedCounts(),
      reads.refusalCount(),
      readServerFigures(client, stream),
    ]);
    return { stored, refused, figures: { ...figures } };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled([this.#maintenance]);
    await this.models.close();
    await this.#context.close();
  }
}
