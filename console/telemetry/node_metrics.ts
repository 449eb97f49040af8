/** What a node counts while it runs: plain numbers, cheap to add to. @module */
import type { DeliveryIds, Observer, SettledBatch } from "../../actors/observer.ts";
import { type DropReason, dropReasons } from "../../actors/passes/drop_reason.ts";
import type { WorkerExit } from "../../actors/pool/worker_handle.ts";
import { refusalClasses } from "../../backends/dead_letters.ts";
import type { Health } from "../../backends/health.ts";
import type { Measurements } from "../../backends/measurements.ts";
import { allEventTypes, isEventType } from "../../schema/events.ts";
import { DurationHistogram } from "./duration_histogram.ts";
import { Latencies } from "./latency.ts";

/** How a worker can end; the values of the label `exit`. */
const WORKER_EXITS: readonly WorkerExit[] = ["start_failed", "threw", "hung", "recycled", "stopped"];

/** A processor of the node, as far as its figures start at zero. */
export interface CountedProcessor {
  readonly name: string;
  readonly takes: readonly string[];
  readonly alarms?: readonly string[];
}

/** Counts by one label. */
export class LabelCounts extends Map<string, number> {
  constructor(zeros: readonly string[] = []) {
    super(zeros.map((key) => [key, 0]));
  }

  add(key: string, n = 1): void {
    this.set(key, (this.get(key) ?? 0) + n);
  }

  get total(): number {
    let total = 0;
    for (const n of this.values()) total += n;
    return total;
  }
}

/** Only types and exits we know become a label: free text could grow without end, or hold personal data. */
const typeLabel = (type: string): string => isEventType(type) ? type : "other";
const exitLabel = (exit: string): string =>
  (WORKER_EXITS as readonly string[]).includes(exit) ? exit : "other";

/** Listens to the runtime and counts. Nothing in it grows with the number of events. */
export class NodeMetrics implements Observer {
  /** Events stored since the start, by type, whoever stored them: as the store counts them. */
  readonly publishedByType = new LabelCounts(allEventTypes);
  /** Those that this node stored, by type. */
  readonly appendedByType = new LabelCounts(allEventTypes);
  /** By event type. */
  readonly succeeded: LabelCounts;
  readonly failed: LabelCounts;
  /** By processor. */
  readonly succeededByProcessor: LabelCounts;
  readonly failedByProcessor: LabelCounts;
  readonly retries: LabelCounts;
  readonly deadLetters: LabelCounts;
  readonly heldDeliveries: LabelCounts;
  readonly fencedWrites: LabelCounts;
  /** What processors raised an alarm about, by its name. */
  readonly alarms: LabelCounts;
  readonly processorRestarts: LabelCounts;
  /** By exit. */
  readonly restarts = new LabelCounts(WORKER_EXITS);
  /** Events put in the inbox by this node, by class of reason. */
  readonly refusedInputs = new LabelCounts(refusalClasses);
  settledPasses = 0;
  /** By reason. */
  readonly droppedPasses = new LabelCounts(dropReasons);
  readonly latencies = new Latencies();
  readonly durations: DurationHistogram;
  /** In milliseconds by our clock; null as long as nothing was settled. */
  lastSettledAt: number | null = null;
  /** Outages of the backend. */
  outages = 0;
  /** Since when the backend is unavailable, in milliseconds; null when it answers. */
  unavailableSince: number | null = null;
  /** The last health that was recorded. */
  health: Health | undefined;
  /** Figures of the server, as they were last read. */
  storeFigures: Measurements["figures"] = {};
  /** What was not allowed at any door, by the store; undefined before the first measurement. */
  notAllowed: number | undefined;
  #endedOutagesMs = 0;
  readonly #now: () => number;

  constructor(backend: string, counted: readonly CountedProcessor[], now: () => number) {
    const processors = counted.map(({ name }) => name);
    const taken = counted.flatMap(({ takes }) => takes);
    this.durations = new DurationHistogram(backend);
    for (const { name, takes } of counted) takes.forEach((type) => this.durations.expect(name, type));
    this.succeeded = new LabelCounts(taken);
    this.failed = new LabelCounts(taken);
    this.succeededByProcessor = new LabelCounts(processors);
    this.failedByProcessor = new LabelCounts(processors);
    this.retries = new LabelCounts(processors);
    this.deadLetters = new LabelCounts(processors);
    this.heldDeliveries = new LabelCounts(processors);
    this.fencedWrites = new LabelCounts(processors);
    this.processorRestarts = new LabelCounts(processors);
    this.alarms = new LabelCounts(counted.flatMap(({ alarms = [] }) => alarms));
    this.#now = now;
  }

  /** Events appended by something other than a processor: a producer in this process. */
  recordAppended(type: string, count = 1): void {
    this.appendedByType.add(typeLabel(type), count);
  }

  /** What the store says of itself. */
  recordMeasurements({ stored, refused, figures }: Measurements): void {
    this.storeFigures = figures;
    this.notAllowed = refused;
    const counts = new LabelCounts();
    for (const [type, count] of stored) counts.add(typeLabel(type), count);
    for (const [label, count] of counts) this.publishedByType.set(label, count);
  }

  /** How the mailboxes stand: the source of the queue depth. */
  recordHealth(health: Health): void {
    this.health = health;
  }

  settled({ processor, done, failed, outputs, alarms = {} }: SettledBatch): void {
    const now = this.#now();
    this.lastSettledAt = now;
    for (const type in done) {
      const [label, recordedAt] = [typeLabel(type), done[type]!];
      this.succeeded.add(label, recordedAt.length);
      this.succeededByProcessor.add(processor, recordedAt.length);
      this.durations.observe(processor, label, recordedAt, now);
      this.latencies.record(label, recordedAt, now);
    }
    for (const type in failed) {
      this.failed.add(typeLabel(type), failed[type]!);
      this.failedByProcessor.add(processor, failed[type]!);
    }
    for (const type in outputs) this.recordAppended(type, outputs[type]!);
    for (const alarm in alarms) this.alarms.add(alarm, alarms[alarm]!);
  }

  retried({ processor }: DeliveryIds): void {
    this.retries.add(processor);
  }

  deadLettered({ processor }: DeliveryIds): void {
    this.deadLetters.add(processor);
  }

  held({ processor }: DeliveryIds): void {
    this.heldDeliveries.add(processor);
  }

  fenced({ processor }: { processor: string }): void {
    this.fencedWrites.add(processor);
  }

  processorRestarted({ processor }: { processor: string }): void {
    this.processorRestarts.add(processor);
  }

  passSettled(): void {
    this.settledPasses++;
  }

  passDropped({ reason }: { reason: DropReason }): void {
    this.droppedPasses.add(reason);
  }

  workerRestarted({ exit }: { exit: string }): void {
    this.restarts.add(exitLabel(exit));
  }

  inputRefused({ refusalClass }: { refusalClass: string }): void {
    this.refusedInputs.add(refusalClass);
  }

  /** Called at every attempt that fails; only the first of them begins an outage. */
  backendUnavailable(_reason = "", silentMs = 0): void {
    if (this.unavailableSince !== null) return;
    this.outages++;
    this.unavailableSince = this.#now() - silentMs;
  }

  backendAvailable(): void {
    this.#endedOutagesMs = this.unavailableMs;
    this.unavailableSince = null;
  }

  /** How long the backend was unavailable in all, an outage that goes on included. */
  get unavailableMs(): number {
    return this.#endedOutagesMs +
      (this.unavailableSince === null ? 0 : Math.max(0, this.#now() - this.unavailableSince));
  }
}
