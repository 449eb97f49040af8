/** One case in memory: the real processors, the real encoding, a log and timers, and nothing else. @module */
import type { StoredTimerChange } from "../../../../backends/mailbox/mailbox.ts";
import { contextOf, encodeOutputs } from "../../../../actors/worker/outputs.ts";
import type { AnyProcessor } from "../../../../actors/processor.ts";
import { processors } from "../../../../actors/application.ts";
import {
  advance,
  type CaseProgress,
  initialProgress,
} from "../../../../actors/reasoning/workflow/progress.ts";
import { decodeEvent, encodeEvent } from "../../../../schema/codec.ts";
import type { CaseEvent, DataOf, EventType, WireEvent } from "../../../../schema/events.ts";
import { reproducibleRootId } from "../../../../schema/ids.ts";
import { withMoment } from "../../../../schema/time/moment.ts";
import { parseRow } from "../../../../schema/delivery_line.ts";
import { fixedId } from "../../../support/misbehaving/fixed_ids.ts";

export const CASE = "case-1";

type Timer = Extract<StoredTimerChange, { kind: "set" }>;

/** Where a processor is in the log. */
interface Reader {
  readonly processor: AnyProcessor;
  next: number;
  state: unknown;
}

export class CaseRun {
  readonly log: CaseEvent[] = [];
  readonly timers = new Map<string, Timer>();
  readonly #readers: Reader[];
  #given = 0;

  constructor() {
    this.#readers = processors.map((processor) => ({ processor, next: 0, state: processor.initial() }));
  }

  /** An event from outside, recorded when it happened or later; `settle` lets the processors act on it. */
  give<T extends EventType>(
    event_type: T,
    data: Omit<DataOf<T>, "case_id">,
    at: string,
    recorded = at,
  ): this {
    const event = {
      event_id: reproducibleRootId(Date.parse(at), "outside", event_type, this.#given++),
      event_type,
      timestamp: at,
      correlation_id: CASE,
      data: { ...data, case_id: CASE },
      // Under the mandate of generated cases the rules alone decide.
      metadata: {
        schema_version: 1,
        moment: recorded,
        ...(event_type === "case.intake" ? { source: "simulator" } : {}),
      },
    } as unknown as CaseEvent;
    this.#store(event);
    return this;
  }

  /** An event from outside as it travels. */
  take(event: WireEvent, recorded = event.timestamp): this {
    this.#store(decodeEvent(withMoment(event, Date.parse(recorded))));
    return this;
  }

  /** Lets processors act until none has anything to do; `choose` picks the next of those that have. */
  settle(choose: (count: number) => number = () => 0): this {
    for (;;) {
      const busy = this.#readers.filter((reader) => this.#catchUp(reader));
      if (busy.length === 0) return this;
      this.#handle(busy[choose(busy.length)]!);
    }
  }

  /** Lets at most so many deliveries be handled. */
  handleSome(count: number, choose: (count: number) => number): this {
    for (let i = 0; i < count; i++) {
      const busy = this.#readers.filter((reader) => this.#catchUp(reader));
      if (busy.length > 0) this.#handle(busy[choose(busy.length)]!);
    }
    return this;
  }

  /** Fires the earliest timer that is due by `until`; false when there is none. */
  fire(until = "9999"): boolean {
    const due = [...this.timers].filter(([, timer]) => timer.at <= until)
      .sort(([, a], [, b]) => a.at < b.at ? -1 : 1)[0];
    if (due === undefined) return false;
    this.timers.delete(due[0]);
    this.#store(decodeEvent(parseRow(due[1].row).event));
    return true;
  }

  get types(): string[] {
    return this.log.map(({ event_type }) => event_type.replace("case.", ""));
  }

  all<T extends EventType>(type: T): Extract<CaseEvent, { event_type: T }>[] {
    return this.log.filter((event) => event.event_type === type) as Extract<CaseEvent, { event_type: T }>[];
  }

  get progress(): CaseProgress {
    return this.log.reduce(advance, initialProgress);
  }

  /** Skips what the processor only folds; true when the next event is one it handles. */
  #catchUp(reader: Reader): boolean {
    const { takes, folds } = reader.processor;
    for (; reader.next < this.log.length; reader.next++) {
      const event = this.log[reader.next]!;
      if (takes.includes(event.event_type)) return true;
      if (folds.includes(event.event_type)) reader.state = reader.processor.evolve(reader.state, event);
    }
    return false;
  }

  #handle(reader: Reader): void {
    const event = this.log[reader.next++]!;
    const { processor, state } = reader;
    const placed = { event, version: reader.next, position: reader.next, recordedAt: 0 };
    const handled = processor.handle(event, state, contextOf(placed, processor.name, fixedId));
    const { rows, timers } = encodeOutputs(handled, event, processor, { partition: 0, idOf: fixedId });
    reader.state = processor.evolve(state, event);
    for (const row of rows) this.#store(decodeEvent(parseRow(row).event));
    for (const change of timers) {
      if (change.kind === "set") this.timers.set(`${change.processor}/${change.name}`, change);
      else this.timers.delete(`${change.processor}/${change.name}`);
    }
  }

  /** As a store does: an id that is there already changes nothing. */
  #store(event: CaseEvent): void {
    if (this.log.some(({ event_id }) => event_id === event.event_id)) return;
    this.log.push(decodeEvent(JSON.parse(JSON.stringify(encodeEvent(event)))));
  }
}
