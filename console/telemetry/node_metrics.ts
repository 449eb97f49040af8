/** What a node counts while it runs: plain numbers, cheap to add to. @module */
import type { DeliveryIds, Observer, SettledBatch } from "../../actors/observer.ts";
import type { WorkerExit } from "../../actors/pool/worker_handle.ts";
import { refusalClasses } from "../../backends/dead_letters.ts";
import type { Health } from "../../backends/health.ts";
import { isEventType } from "../../schema/events.ts";
import { DurationHistogram } from "./duration_histogram.ts";
import { Latencies } from "./latency.ts";

/** How a worker can end; the values of the label `exit`. */
const WORKER_EXITS: readonly WorkerExit[] = ["start_failed", "threw", "hung", "recycled", "stopped"];

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
  /** By event type. */
  readonly publishedByType = new LabelCounts();
  readonly succeeded = new LabelCounts();
  readonly failed = new LabelCounts();
  /** By processor. */
  readonly retries: LabelCounts;
  readonly deadLetters: LabelCounts;
  readonly heldDeliveries: LabelCounts;
  readonly fencedWrites: LabelCounts;
  readonly processorRestarts: LabelCounts;
  /** By exit. */
  readonly restarts = new LabelCounts(WORKER_EXITS);
  /** Events put in the inbox by this node, by class of reason. */
  readonly refusedInputs = new LabelCounts(refusalClasses);
  readonly latencies = new Latencies();
  readonly durations: DurationHistogram;
  /** In milliseconds by our clock; null as long as nothing was settled. */
  firstSettledAt: number | null = null;
  lastSettledAt: number | null = null;
  /** Outages of the backend. */
  outages = 0;
  /** Since when the backend is unavailable, in milliseconds; null when it answers. */
  unavailableSince: number | null = null;
  /** The last health that was recorded. */
  health: Health | undefined;
  #endedOutagesMs = 0;
  readonly #now: () => number;

  constructor(backend: string, processors: readonly string[], now: () => number) {
    this.durations = new DurationHistogram(backend);
    this.retries = new LabelCounts(processors);
    this.deadLetters = new LabelCounts(processors);
    this.heldDeliveries = new LabelCounts(processors);
    this.fencedWrites = new LabelCounts(processors);
    this.processorRestarts = new LabelCounts(processors);
    this.#now = now;
  }

  /** Events appended by something other than a processor: a producer in this process. */
  recordPublished(type: string, count = 1): void {
    this.publishedByType.add(typeLabel(type), count);
  }

  /** How the mailboxes stand: the source of the queue depth. */
  recordHealth(health: Health): void {
    this.health = health;
  }

  settled({ done, failed, outputs }: SettledBatch): void {
    const now = this.#now();
    this.firstSettledAt ??= now;
    this.lastSettledAt = now;
    for (const type in done) {
      const [label, recordedAt] = [typeLabel(type), done[type]!];
      this.succeeded.add(label, recordedAt.length);
      this.durations.observe(label, recordedAt, now);
      this.latencies.record(label, recordedAt, now);
    }
    for (const type in failed) this.failed.add(typeLabel(type), failed[type]!);
    for (const type in outputs) this.recordPublished(type, outputs[type]!);
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
