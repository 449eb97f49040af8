/** Runs the processors on a log in memory, and digests all that goes into the workers and comes out, byte for byte. @module */
import { createHash } from "node:crypto";
import { processors } from "../../actors/application.ts";
import { BatchRun } from "../../actors/worker/batch_run.ts";
import type { BatchResult } from "../../actors/worker/protocol.ts";
import { StateCache } from "../../actors/worker/state_cache.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import { deliveryLine, encodeLines, parseRow, rowsOf } from "../../schema/delivery_line.ts";
import type { WireEvent } from "../../schema/events.ts";
import { fixedId } from "./misbehaving/fixed_ids.ts";

const BATCH = 50;

/** A log in memory, read by every processor in batches through real runs, with few enough states to need histories. */
export class PinnedTranscript {
  readonly #log: { event: WireEvent; version: number }[] = [];
  readonly #versions = new Map<string, number>();
  readonly #timers = new Map<string, { at: string; row: string }>();
  readonly #states = processors.map((processor) => new StateCache(processor, 200));
  readonly #read = processors.map(() => 0);
  readonly #hash = createHash("sha256");
  readonly types: Record<string, number> = {};
  failed = 0;

  store(event: WireEvent): void {
    const version = (this.#versions.get(event.correlation_id) ?? 0) + 1;
    this.#versions.set(event.correlation_id, version);
    this.#log.push({ event: withTwoDecimals(event), version });
    this.types[event.event_type] = (this.types[event.event_type] ?? 0) + 1;
  }

  settle(): void {
    while (this.#states.some((states, i) => this.#runNext(states, i)));
  }

  #runNext(states: StateCache, i: number): boolean {
    const { takes, folds } = states.processor;
    const taken: string[] = [];
    for (; this.#read[i]! < this.#log.length && taken.length < BATCH; this.#read[i]!++) {
      const type = this.#log[this.#read[i]!]!.event.event_type;
      if ((takes as readonly string[]).includes(type)) taken.push(this.#line(this.#read[i]!));
    }
    if (taken.length === 0) return false;
    const others = this.#states.filter((other) => other !== states);
    const run = new BatchRun(states, others, 3, encodeLines(taken), fixedId);
    const wanted: readonly string[] = [...takes, ...folds];
    run.addHistories(
      run.needs.flatMap(({ caseId, after, before }) =>
        this.#log.flatMap(({ event, version }, at) =>
          event.correlation_id === caseId && version > after && version < before &&
            wanted.includes(event.event_type)
            ? [this.#line(at)]
            : []
        )
      ).join("\n"),
    );
    while (!run.isFinished) run.step();
    this.#take(run.result());
    return true;
  }

  #line(at: number): string {
    const { event, version } = this.#log[at]!;
    const recordedAt = Date.parse(event.timestamp) + at;
    return deliveryLine({ position: at + 1, version, attempt: 1, held: false, recordedAt, event });
  }

  #take({ outputs, outputTypes, timers, failedAttempts, done }: BatchResult): void {
    this.failed += failedAttempts.length;
    const times = Object.entries(done).map(([type, at]) => [type, ...at]);
    const plain = failedAttempts.map(({ error: { class: name, message }, ...ids }) => ({
      ...ids,
      name,
      message,
    }));
    this.#hash.update(JSON.stringify([outputTypes, plain, times]));
    for (const row of rowsOf(outputs)) this.store(this.#pin(row));
    for (const change of timers) {
      const { kind, processor, caseId, name } = change;
      this.#hash.update(JSON.stringify([kind, processor, caseId, name]));
      if (change.kind === "cancel") this.#timers.delete(caseId);
      else {
        this.#pin(change.row);
        this.#timers.set(caseId, change);
      }
    }
  }

  /** The order of the fields of a row is not pinned; what they hold is, and the data to the byte. */
  #pin(row: string): WireEvent {
    const { partition, event } = parseRow(row);
    const { event_id, event_type, timestamp, correlation_id, metadata } = event;
    const envelope = [partition, event_id, event_type, timestamp, correlation_id, metadata];
    this.#hash.update(`${JSON.stringify(envelope)} ${row.slice(row.indexOf('{"case_id"'))}\n`);
    return event;
  }

  /** Fires every timer that is set. */
  fire(): void {
    const rows = [...this.#timers.values()].map(({ row }) => row);
    this.#timers.clear();
    for (const row of rows) this.store(parseRow(row).event);
  }

  get digest(): string {
    return this.#hash.digest("hex");
  }
}
