/** One batch in a worker: read, fold, handle, encode. Plain data in, plain data out. @module */
import type { HistoryNeed, StoredTimerChange } from "../../backends/mailbox/mailbox.ts";
import { decodeEvent, decodeStored, InvalidEvent } from "../../schema/codec.ts";
import type { CaseEvent } from "../../schema/events.ts";
import type { DerivedIds } from "../../schema/ids.ts";
import { withMoment } from "../../schema/time/moment.ts";
import { LineWriter } from "../../schema/line_writer.ts";
import { decodeLines, type Delivery, outputLine, parseLine } from "../../schema/delivery_line.ts";
import type { StateCache, StateSnapshot } from "./state_cache.ts";
import type { DeliverySpans } from "./delivery_spans.ts";
import { failedAttempt, heldAttempt } from "./failed_attempt.ts";
import {
  alarmsIn,
  contextOf,
  countAll,
  encodeOutputs,
  type Outputs,
  type OutputSettings,
} from "./outputs.ts";
import type { AnyProcessor, HandlerResult } from "../processor.ts";
import type { BatchResult, FailedAttempt } from "./protocol.ts";

/** A batch being handled, delivery by delivery; it can be stopped between any two instructions and resumed. */
export class BatchRun {
  readonly deliveries: readonly Delivery[];
  readonly #cache: StateCache;
  readonly #otherCaches: readonly StateCache[];
  readonly #settings: OutputSettings;
  readonly #snapshot: StateSnapshot;
  readonly #histories = new Map<string, Delivery[]>();
  readonly #outputs: LineWriter;
  /** The last version of each case in this batch; outputs get the versions after it. */
  readonly #heads = new Map<string, number>();
  // By type, as maps: with keys that come from lines, V8 deoptimises property access on objects again and again.
  readonly #outputTypes = new Map<string, number>();
  readonly #alarms = new Map<string, number>();
  /** By case and name: of several changes of one timer, only the last one counts. */
  readonly #timers = new Map<string, StoredTimerChange>();
  readonly #failed: FailedAttempt[] = [];
  readonly #stopped = new Set<string>();
  readonly #done = new Map<string, number[]>();
  /** Set where traces are made. */
  spans: DeliverySpans | undefined;
  /** True while the outcome of a delivery is being recorded: stopped there, the batch can't be resumed. */
  isRecording = false;
  /** Index of the delivery being handled. */
  next = 0;

  /** `otherCaches`: the states of the worker's other processors, which fold the events of this batch too. */
  constructor(
    cache: StateCache,
    otherCaches: readonly StateCache[],
    partition: number,
    lines: Uint8Array,
    idOf: DerivedIds,
  ) {
    this.#cache = cache;
    this.#otherCaches = otherCaches;
    this.#settings = { partition, idOf };
    this.#outputs = new LineWriter(lines.length);
    this.deliveries = decodeLines(lines).map(parseLine);
    for (const { event, version } of this.deliveries) this.#heads.set(event.correlation_id, version);
    const attempted = this.deliveries.filter(({ held }) => !held);
    this.#snapshot = cache.snapshot(
      attempted.map(({ event, version }) => ({ caseId: event.correlation_id, version })),
    );
  }

  get processor(): AnyProcessor {
    return this.#cache.processor;
  }

  /** The histories to pass to `addHistories` before the first step. */
  get needs(): readonly HistoryNeed[] {
    return this.#snapshot.needs;
  }

  /** Takes the histories in `needs`. Each is decoded for the delivery that needs it, which fails if that fails. */
  addHistories(lines: string): void {
    if (lines === "") return;
    for (const line of lines.split("\n")) {
      const past = parseLine(line);
      // What is no event has changed nothing in its case; whoever takes its type has it as a dead letter.
      if (past.malformed !== undefined) continue;
      const history = this.#histories.get(past.event.correlation_id);
      if (history === undefined) this.#histories.set(past.event.correlation_id, [past]);
      else history.push(past);
    }
  }

  /** Handles the next delivery. All changes are made at its end. */
  step(): void {
    const delivery = this.deliveries[this.next]!;
    const caseId = delivery.event.correlation_id;
    if (delivery.held || this.#stopped.has(caseId)) return this.#hold(delivery);
    try {
      this.#handle(delivery, caseId);
    } catch (error) {
      this.fail(error);
    }
  }

  #handle(delivery: Delivery, caseId: string): void {
    const { processor } = this;
    const { version, malformed } = delivery;
    if (malformed !== undefined) throw new InvalidEvent([malformed.reason]);
    const event = decodeEvent(withMoment(delivery.event, delivery.recordedAt));
    const state = this.#stateBefore(caseId, version);
    const context = contextOf({ event, version }, processor.name, this.#settings.idOf);
    const spans = this.spans?.concern(delivery) ? this.spans : undefined;
    const result = spans === undefined
      ? processor.handle(event, state, context)
      : runIn(spans, delivery, processor, [event, state, context]);
    const settings = spans === undefined
      ? this.#settings
      : { ...this.#settings, trace: spans.contextOf(delivery) };
    const outputs = encodeOutputs(result, event, processor, settings);
    const after = processor.evolve(state, event);
    this.isRecording = true;
    this.#snapshot.states.set(caseId, { state: after, version });
    this.#cache.put(caseId, version, after);
    this.#record(event, delivery, outputs);
    this.isRecording = false;
    for (const other of this.#otherCaches) other.observe(event, version);
  }

  #record(event: CaseEvent, { recordedAt }: Delivery, { rows, types, timers, alarms }: Outputs): void {
    for (const row of rows) this.#writeOutput(event.correlation_id, row);
    countAll(this.#outputTypes, types);
    if (alarms !== undefined) countAll(this.#alarms, alarms);
    for (const timer of timers) this.#timers.set(`${timer.caseId}\t${timer.name}`, timer);
    const done = this.#done.get(event.event_type);
    if (done === undefined) this.#done.set(event.event_type, [recordedAt]);
    else done.push(recordedAt);
    this.spans?.end();
    this.next++;
  }

  #writeOutput(caseId: string, row: string): void {
    const version = this.#heads.get(caseId)! + 1;
    this.#heads.set(caseId, version);
    this.#outputs.write(outputLine(row, version));
  }

  /** The cached state of the case, with the history since then folded in. */
  #stateBefore(caseId: string, version: number): unknown {
    const { processor } = this;
    const known = this.#snapshot.states.get(caseId);
    let state = known === undefined ? processor.initial() : known.state;
    const from = known?.version ?? 0;
    for (const past of this.#histories.get(caseId) ?? []) {
      if (past.version > from && past.version < version) {
        state = processor.evolve(state, decodeStored(withMoment(past.event, past.recordedAt)));
      }
    }
    return state;
  }

  #hold(delivery: Delivery): void {
    this.#stopCase(delivery, heldAttempt(delivery));
  }

  /** Records that the current delivery failed, and goes on to the next. */
  fail(error: unknown): void {
    const delivery = this.deliveries[this.next]!;
    // Described before anything is recorded: reading a thrown value may loop.
    this.#stopCase(delivery, failedAttempt(delivery, error));
  }

  /** The case goes no further in this batch. */
  #stopCase(delivery: Delivery, failed: FailedAttempt): void {
    this.isRecording = true;
    this.#stopped.add(delivery.event.correlation_id);
    this.#failed.push(failed);
    this.spans?.end(failed.error.class);
    this.next++;
    this.isRecording = false;
  }

  get isFinished(): boolean {
    return this.next >= this.deliveries.length;
  }

  result(): BatchResult {
    return {
      outputs: this.#outputs.bytes(),
      outputTypes: Object.fromEntries(this.#outputTypes),
      timers: [...this.#timers.values()],
      failedAttempts: this.#failed,
      done: Object.fromEntries([...this.#done].map(([type, at]) => [type, Float64Array.from(at)])),
      ...alarmsIn(this.#alarms),
    };
  }
}

/** A function of its own, so that without traces no closure is made. */
function runIn(
  spans: DeliverySpans,
  delivery: Delivery,
  processor: AnyProcessor,
  args: Parameters<AnyProcessor["handle"]>,
): HandlerResult {
  return spans.run(delivery, () => processor.handle(...args));
}
