/** The collaborators that the rooms of an opened store of records share. @module */
import { logName, LogSubjects } from "../../../../schema/nats/log.ts";
import { token } from "../../../../schema/nats.ts";
import { BackendUnavailable, StoreLost } from "../../../errors.ts";
import type { FanOutOptions } from "../../../fan_out.ts";
import { LeaseManager } from "../../../mailbox/lease_manager.ts";
import type { MailboxContext } from "../../../mailbox/leased_mailbox.ts";
import { withPasses } from "../../../mailbox/leased_passes.ts";
import { systemClock } from "../../../primitives/clock.ts";
import { messageText, type NatsClient } from "../../connection/client.ts";
import { NatsFanOut } from "../../fan_out/fan_out.ts";
import { readRestoration } from "../../setup/restored.ts";
import { LogWatch } from "../../setup/lost_store.ts";
import { namesOf, type NatsOptions, requestedStoreOf } from "../../setup/options.ts";
import { ensureStreams, type OpenedStore } from "../../setup/streams.ts";
import type { AuditEntry } from "../../../dead_letters.ts";
import { Admission } from "../../authority/admission.ts";
import { NatsProducers } from "../../authority/producers.ts";
import { recordAct } from "../operations/record_act.ts";
import { ServerClock } from "../../stream/server_clock.ts";
import { Appender } from "../append/appender.ts";
import { PartitionOpener } from "../indexed/open_partitions.ts";
import { LeaseBucket } from "../leases/lease_bucket.ts";
import type { HostedProcessor } from "../leases/hosting.ts";
import { Partitions } from "../leases/partitions.ts";
import { RecordLeaseStore } from "../leases/record_lease_store.ts";
import { settleThroughOwner } from "../mailbox/settle_through_owner.ts";
import { RecordMailboxStore } from "../mailbox/record_mailbox_store.ts";
import { NatsPartitionLog } from "../partition/partition_log.ts";
import { StoreReads } from "../reads/store_reads.ts";
import { NatsWholeLog } from "../reads/whole_log.ts";
import type { StoredRecord } from "../record/record.ts";

const BATCH_SIZE = 500;
const BATCH_BYTES = 1_000_000;

export class RecordContext {
  readonly node: string;
  readonly stream: string;
  readonly log: string;
  readonly subjects: LogSubjects;
  readonly clock: ServerClock;
  readonly producers: NatsProducers;
  readonly admission: Admission;
  readonly partitions: Partitions;
  readonly reads: StoreReads;
  readonly appender: Appender;
  readonly mailboxes: RecordMailboxStore;
  readonly bucket: LeaseBucket;
  readonly leases: LeaseManager;
  readonly mailboxContext: MailboxContext;
  readonly fanOut: NatsFanOut | undefined;
  /** All processors of this program, once it has said so. */
  registered: readonly HostedProcessor[] = [];
  /** What each processor of this node takes. */
  readonly takes = new Map<string, readonly string[]>();
  readonly #lost = new AbortController();
  readonly #options: NatsOptions;
  readonly #watch: LogWatch;
  #checking: Promise<void> | undefined;
  /** The last record that is known to be there. */
  lastPosition = 0;

  constructor(
    readonly client: NatsClient,
    options: NatsOptions,
    readonly store: OpenedStore,
    ended: AbortSignal,
  ) {
    const { stream, prefix } = namesOf(options);
    this.#options = options;
    this.node = options.node ?? crypto.randomUUID();
    this.stream = stream;
    this.log = logName(stream);
    this.subjects = new LogSubjects(prefix);
    this.clock = new ServerClock(client, this.log);
    const record = (act: Omit<AuditEntry, "at">) => recordAct(this, act);
    this.producers = new NatsProducers({ client, stream, clock: this.clock, record });
    this.admission = new Admission(this.producers, (caseId) => this.reads.readCase(caseId));
    this.#watch = new LogWatch(client, this.log, this);
    const signal = AbortSignal.any([ended, this.lost]);
    this.partitions = this.#newPartitions(signal);
    this.reads = new StoreReads({
      log: new NatsWholeLog(client, this.log, this.subjects),
      views: this.partitions,
    });
    this.appender = this.#newAppender(signal);
    this.mailboxes = this.#newMailboxes(signal);
    this.bucket = new LeaseBucket({ client, stream, leaseMs: store.leaseMs, clock: this.clock });
    this.leases = this.#newLeases();
    this.mailboxContext = this.#newMailboxContext();
    this.fanOut = options.fanOut && this.#newFanOut(options.fanOut);
    this.#listen();
  }

  /** Aborts with the StoreLost once the log is known to be gone, or another one. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get onAvailabilityChange() {
    return this.#options.onAvailabilityChange ?? (() => {});
  }

  /** Tells the owner of a partition, and whoever has leased something alone there, that something was written. */
  notifyOwner(partition: number): void {
    this.#publish(this.subjects.written(partition));
  }

  /** Tells all nodes, this one too, that something has changed that a round of leases finds. */
  notifyLeases(): void {
    this.#checkLeases();
    this.#publish(this.subjects.notify(), token(this.node));
  }

  async close(): Promise<void> {
    await this.leases.leave();
    await this.partitions.close();
    await this.client.close();
  }

  #newPartitions(signal: AbortSignal): Partitions {
    const { client, subjects, stream, log, store: { partitions }, node, admission } = this;
    const opener = new PartitionOpener({ client, stream, prefix: subjects.prefix });
    return new Partitions({
      client,
      subjects,
      partitions,
      admission,
      node,
      signal,
      onAvailabilityChange: (error) => {
        this.onAvailabilityChange(error);
        if (error !== undefined) this.#suspect();
      },
      now: () => this.clock.now(),
      log: (partition) => new NatsPartitionLog(client, log, subjects.records(partition), partition),
      open: (log, writes) => opener.open(log, writes),
      onRecord: (partition, stored) => this.#onRecord(partition, stored),
      onStalled: () => this.#suspect(),
      onLost: () => this.#checkLeases(),
      registered: () => this.registered,
    });
  }

  #newAppender(signal: AbortSignal): Appender {
    const { client: requests, subjects, store: { partitions } } = this;
    return new Appender({
      requests,
      partitions,
      signal,
      subjectOf: (partition) => subjects.commits(partition),
      notify: (partition) => requests.publish(subjects.written(partition), ""),
      ownerOf: (partition) => this.partitions.ownerOf(partition),
      writerOf: (partition) => this.partitions.view(partition),
    });
  }

  #newMailboxes(signal: AbortSignal): RecordMailboxStore {
    const { client, subjects } = this;
    const view = (partition: number) => this.partitions.view(partition);
    const now = () => this.clock.now();
    const through = {
      request: (partition: number, data: Uint8Array) => client.request(subjects.settles(partition), data),
      view,
      notifyOwner: (partition: number) => this.notifyOwner(partition),
      now,
      signal,
    };
    return new RecordMailboxStore({
      partitions: this.store.partitions,
      ownerOf: (partition) => this.partitions.ownerOf(partition),
      view,
      settleElsewhere: (partition, request) => settleThroughOwner(through, partition, request),
      now,
    });
  }

  #newLeases(): LeaseManager {
    const { store: { leaseMs }, node, partitions, onAvailabilityChange } = this;
    const store = new RecordLeaseStore({
      node,
      bucket: this.bucket,
      partitions,
      restore: () => this.restore(),
      check: () => this.#check(),
      takesOf: (processor) => this.takes.get(processor) ?? [],
      notifyOthers: () => this.#publish(this.subjects.notify(), token(node)),
      notifyOwner: (partition) => this.notifyOwner(partition),
    });
    const { renewMs = leaseMs / 3 } = this.#options;
    return new LeaseManager(store, { renewMs, clock: systemClock, onAvailabilityChange });
  }

  #newMailboxContext(): MailboxContext {
    const { batchSize = BATCH_SIZE, batchBytes = BATCH_BYTES } = this.#options;
    const { mailboxes: store, leases, onAvailabilityChange, lost } = this;
    const limits = { batchSize, batchBytes };
    return withPasses({ store, leases, limits, clock: systemClock, onAvailabilityChange, lost });
  }

  #newFanOut(options: FanOutOptions): NatsFanOut {
    const { client, stream, subjects: { prefix }, store: { partitions, replicas, leaseMs }, node } = this;
    const store = { stream, prefix, partitions, replicas, leaseMs };
    return new NatsFanOut({
      ...{ client, store, node, options },
      restore: () => this.restore(),
      isLogLost: () => this.#check().then(() => false, () => this.lost.aborted),
      isRestored: async () => await readRestoration(client, this.log) !== undefined,
    });
  }

  #listen(): void {
    const { client, subjects } = this;
    client.subscribe(subjects.notify(), (msg) => {
      if (messageText(msg) !== token(this.node)) this.#checkLeases();
    });
    client.subscribe(subjects.written("*"), (msg) => this.#onWritten(Number(msg.subject.split(".").at(-1))));
    client.onDisconnect(this.onAvailabilityChange);
    client.onReconnect(() => this.#onReconnected());
  }

  #onRecord(partition: number, stored: StoredRecord): void {
    this.lastPosition = Math.max(this.lastPosition, stored.sequence);
    this.mailboxes.onRecord(partition, stored);
    this.fanOut?.notify();
  }

  /** One that never renews its leases does not see either that others have changed. */
  #checkLeases(): void {
    if (Number.isFinite(this.#options.renewMs ?? 0)) this.leases.checkNow();
  }

  /** Others have written: the owner reads on, and so does a node that has leased something alone there. */
  #onWritten(partition: number): void {
    const isOwner = this.partitions.ownerOf(partition) !== undefined;
    if (!isOwner && !this.mailboxes.hasSubscribers(partition)) return;
    this.partitions.view(partition).catch((error) => {
      if (!(error instanceof BackendUnavailable)) throw error;
    });
  }

  /** Notifications sent while the connection was lost did not arrive. */
  #onReconnected(): void {
    this.onAvailabilityChange(undefined);
    this.#checkLeases();
    for (const { partition } of this.partitions.owned) this.#onWritten(partition);
    this.mailboxes.notifyAll();
  }

  /** Makes again what is gone with a restart of the server: what was in memory only. */
  async restore(): Promise<void> {
    const { leaseMs } = this.store;
    const wanted = { ...requestedStoreOf(this.#options), leaseMs };
    await this.#watching(() => ensureStreams(this.client, wanted));
  }

  /** Writes are refused or not answered: the log may be gone, or another one. */
  #suspect(): void {
    this.#checking ??= this.#check().catch(() => {}).finally(() => this.#checking = undefined);
  }

  async #check(): Promise<void> {
    try {
      await this.#watching(() => this.#watch.check());
      await this.clock.measure();
    } catch (error) {
      // Where the log itself does not answer, it shows whether the rest of its store is there.
      if (error instanceof BackendUnavailable) await this.restore();
      throw error;
    }
  }

  /** A log that is gone, or another one, ends everything. */
  async #watching(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof StoreLost) this.#lost.abort(error);
      throw error;
    }
  }

  #publish(subject: string, text = ""): void {
    try {
      this.client.publish(subject, text);
    } catch (error) {
      // Whoever is not notified looks again in its next round, or when the connection is back.
      if (!(error instanceof BackendUnavailable)) throw error;
    }
  }
}
