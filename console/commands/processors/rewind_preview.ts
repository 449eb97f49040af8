/** What a rewind would come to: each delivery is tried in a worker without permissions, and its outputs are compared with what is stored. @module */
import { isDeepStrictEqual } from "node:util";
import type { SystemMandate } from "../../../actors/application.ts";
import { noopObserver } from "../../../actors/observer.ts";
import { WorkerDied } from "../../../actors/pool/worker_handle.ts";
import { WorkerPool } from "../../../actors/pool/worker_pool.ts";
import type { AnyProcessor } from "../../../actors/processor.ts";
import { defaultSupervisorOptions } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { HistoryNeed } from "../../../backends/mailbox/mailbox.ts";
import { mapConcurrently } from "../../../backends/primitives/concurrency.ts";
import type { RewindProgress } from "../../../backends/rewinds.ts";
import { hasSameOrigin } from "../../../backends/settlement/redelivered.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import {
  deliveryLine,
  encodeLines,
  parseRow,
  rowsOf,
  type StoredEvent,
} from "../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { partitionOf } from "../../../schema/partition.ts";
import { withoutPersonalData } from "../../cli/case_timeline.ts";
import { redact } from "../../cli/redaction.ts";

/** One delivery of which something would be new, would come out otherwise, or would fail. */
interface RewindExample {
  readonly position: number;
  readonly case_id: string;
  readonly kind: "new" | "different" | "fails";
  readonly type?: string;
  /** What it makes now, without personal data. */
  readonly data?: Record<string, unknown>;
  /** What is stored in its place, and stays. */
  readonly stored?: Record<string, unknown>;
  readonly failure?: string;
}

export interface RewindPreview {
  readonly processor: string;
  deliveries: number;
  cases: number;
  /** Outputs as they are stored. */
  same: number;
  /** Outputs that come out otherwise, by type: they stay as they are stored. */
  readonly different: Record<string, number>;
  /** Outputs that are not stored, by type. */
  readonly fresh: Record<string, number>;
  /** Deliveries that would fail. */
  failed: number;
  /** The first of each kind. */
  readonly first: RewindExample[];
}

interface PreviewOptions {
  readonly processor: AnyProcessor;
  /** From this position on. */
  readonly position: number;
  readonly progress: readonly RewindProgress[];
  readonly mandates: readonly SystemMandate[];
}

const BATCH = 500;
const CASES_AT_ONCE = 8;
const EXAMPLES_EACH = 5;

/** Tries all deliveries that would be handed out again. Memory grows with the number of their cases by an id each. */
export async function previewRewind(backend: Backend, options: PreviewOptions): Promise<RewindPreview> {
  const attempt = new RewindAttempt(backend, options);
  const checkpoints = new Map(options.progress.map(({ partition, checkpoint }) => [partition, checkpoint]));
  const { position: fromPosition, processor: { takes: types } } = options;
  let batch: StoredEvent[] = [];
  try {
    if (fromPosition === Infinity) return attempt.preview;
    for await (const stored of backend.readAll({ fromPosition, types })) {
      const partition = partitionOf(stored.event.correlation_id, backend.partitions);
      if (stored.position > (checkpoints.get(partition) ?? 0)) continue;
      if (batch.push(stored) < BATCH) continue;
      await attempt.try(batch);
      batch = [];
    }
    await attempt.try(batch);
    return attempt.preview;
  } finally {
    attempt.close();
  }
}

class RewindAttempt {
  readonly preview: RewindPreview;
  readonly #backend: Backend;
  readonly #pool: WorkerPool;
  readonly #cases = new Set<string>();
  #histories = new Map<string, readonly StoredEvent[]>();

  constructor(backend: Backend, { processor, mandates }: PreviewOptions) {
    const counts = { deliveries: 0, cases: 0, same: 0, failed: 0 };
    this.preview = { processor: processor.name, ...counts, different: {}, fresh: {}, first: [] };
    this.#backend = backend;
    const options = { ...defaultSupervisorOptions(1), secret: backend.secret(), configuration: mandates };
    this.#pool = new WorkerPool(options, noopObserver, () => {});
  }

  close(): void {
    this.#pool.close();
  }

  async try(batch: readonly StoredEvent[]): Promise<void> {
    const ids = [...new Set(batch.map(({ event }) => event.correlation_id))];
    for (const id of ids) this.#cases.add(id);
    this.preview.deliveries += batch.length;
    this.preview.cases = this.#cases.size;
    const read = await mapConcurrently(
      CASES_AT_ONCE,
      ids,
      async (id) => [id, await Array.fromAsync(this.#backend.readCase(id))] as const,
    );
    this.#histories = new Map(read);
    await this.#run(batch);
  }

  /** What kills the worker is found by halves. */
  async #run(batch: readonly StoredEvent[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const lines = encodeLines(batch.map((stored) => deliveryLine({ ...stored, attempt: 1, held: false })));
      const request = { processor: this.preview.processor, partition: 0, lines };
      const result = await this.#pool.run(request, (...needs) => this.#historiesOf(...needs), true);
      for (const { position, caseId, error } of result.failedAttempts) {
        this.#fail(position, caseId, `${error.class}: ${error.message}`);
      }
      for (const row of rowsOf(result.outputs)) this.#judge(parseRow(row).event);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      const [first] = batch as [StoredEvent];
      if (batch.length === 1) {
        return this.#fail(first.position, first.event.correlation_id, `${error.name}: ${error.message}`);
      }
      const middle = batch.length >> 1;
      await this.#run(batch.slice(0, middle));
      await this.#run(batch.slice(middle));
    }
  }

  #historiesOf(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    const lines = needs.flatMap(({ caseId, after, before }) =>
      (this.#histories.get(caseId) ?? [])
        .filter(({ version, event }) =>
          version > after && version < before && types.includes(event.event_type)
        )
        .map((stored) => deliveryLine({ ...stored, attempt: 0, held: false }))
    );
    return Promise.resolve(lines.join("\n"));
  }

  #judge(made: WireEvent): void {
    const { event_id, event_type, correlation_id: caseId, data, metadata } = made;
    const history = this.#histories.get(caseId) ?? [];
    const stored = history.find(({ event }) => event.event_id === event_id)?.event;
    const isOwn = stored !== undefined && hasSameOrigin(stored.metadata, metadata);
    if (isOwn && stored.event_type === event_type && isDeepStrictEqual(stored.data, data)) {
      this.preview.same++;
      return;
    }
    const counts = isOwn ? this.preview.different : this.preview.fresh;
    counts[event_type] = (counts[event_type] ?? 0) + 1;
    const cause = history.find(({ event }) => event.event_id === metadata.causation_id);
    this.#keep({
      position: cause?.position ?? 0,
      case_id: maskCaseId(caseId),
      kind: isOwn ? "different" : "new",
      type: event_type,
      data: withoutPersonalData(event_type, data),
      ...(isOwn ? { stored: withoutPersonalData(stored.event_type, stored.data) } : {}),
    });
  }

  #fail(position: number, caseId: string, failure: string): void {
    this.preview.failed++;
    this.#keep({ position, case_id: maskCaseId(caseId), kind: "fails", failure: redact(failure) });
  }

  #keep(example: RewindExample): void {
    const { first } = this.preview;
    if (first.filter(({ kind }) => kind === example.kind).length < EXAMPLES_EACH) first.push(example);
  }
}
