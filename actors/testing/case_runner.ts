/**
 * One case in memory: real processors, the real encoding, a log, timers and simulated time, and nothing else.
 * @module
 */
import type { StoredTimerChange } from "../../backends/mailbox/mailbox.ts";
import { decodeEvent, encodeEvent } from "../../schema/codec.ts";
import { parseRow } from "../../schema/delivery_line.ts";
import type { CaseEvent, DataOf, EventOf, EventType, WireEvent } from "../../schema/events.ts";
import { derivedIds, reproducibleRootId } from "../../schema/ids.ts";
import { withMoment } from "../../schema/time/moment.ts";
import type { AnyProcessor } from "../processor.ts";
import { type Duration, momentAfter } from "../workflow/duration.ts";
import { contextOf, encodeOutputs } from "../worker/outputs.ts";

/** How a case is run. */
export interface CaseRunnerOptions {
  /** The case; default `case-1`. */
  readonly caseId?: string;
  /** When simulated time begins, ISO; default the beginning of 2026. */
  readonly begins?: string;
  /** Who an event from outside comes from; default nobody. */
  readonly sourceOf?: (type: EventType) => string | undefined;
}

type Timer = Extract<StoredTimerChange, { kind: "set" }>;

/** The data of an event from outside; the case is that of the runner. */
export type GivenData<T extends EventType> = Omit<DataOf<T>, "case_id">;

/** Where a processor is in the log. */
interface Reader {
  readonly processor: AnyProcessor;
  next: number;
  state: unknown;
}

/** Ids of a runner are nobody's secret: the same case has the same ids in every run. */
const idOf = derivedIds("a case in memory");

/** Runs one case through processors: events are given, processors settle, time passes and timers fire. */
export class CaseRunner {
  /** Every event of the case, in order. */
  readonly log: CaseEvent[] = [];
  /** The timers that are set, by processor and name. */
  readonly timers: Map<string, Timer> = new Map();
  readonly #readers: Reader[];
  readonly #caseId: string;
  readonly #sourceOf: (type: EventType) => string | undefined;
  #given = 0;
  #now: string;

  constructor(processors: readonly AnyProcessor[], options: CaseRunnerOptions = {}) {
    const { caseId = "case-1", begins = "2026-01-01T12:00:00.000Z", sourceOf = () => undefined } = options;
    this.#readers = processors.map((processor) => ({ processor, next: 0, state: processor.initial() }));
    this.#caseId = caseId;
    this.#now = begins;
    this.#sourceOf = sourceOf;
  }

  /** Simulated time, ISO. */
  get now(): string {
    return this.#now;
  }

  /** An event from outside, recorded when it happened or later; `settle` lets the processors act on it. */
  give<T extends EventType>(
    event_type: T,
    data: GivenData<T>,
    at: string = this.#now,
    recorded: string = at,
  ): this {
    const source = this.#sourceOf(event_type);
    const event = {
      event_id: reproducibleRootId(Date.parse(at), "outside", event_type, this.#given++),
      event_type,
      timestamp: at,
      correlation_id: this.#caseId,
      data: { ...data, case_id: this.#caseId },
      metadata: { schema_version: 1, moment: recorded, ...(source === undefined ? {} : { source }) },
    } as unknown as CaseEvent;
    this.#passTo(recorded);
    this.#store(event);
    return this;
  }

  /** An event from outside as it travels. */
  take(event: WireEvent, recorded: string = event.timestamp): this {
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

  /** Lets at most this many deliveries be handled. */
  handleSome(count: number, choose: (count: number) => number): this {
    for (let i = 0; i < count; i++) {
      const busy = this.#readers.filter((reader) => this.#catchUp(reader));
      if (busy.length > 0) this.#handle(busy[choose(busy.length)]!);
    }
    return this;
  }

  /** Settles, and lets time pass: every timer that is due on the way fires at its time and is acted on. */
  pass(time: Duration): this {
    const until = momentAfter(this.#now, time);
    this.settle();
    while (this.fire(until)) this.settle();
    this.#passTo(until);
    return this;
  }

  /** Fires the earliest timer that is due by `until`; false when there is none. */
  fire(until = "9999"): boolean {
    const due = [...this.timers].filter(([, timer]) => timer.at <= until)
      .sort(([, a], [, b]) => a.at < b.at ? -1 : 1)[0];
    if (due === undefined) return false;
    this.timers.delete(due[0]);
    this.#passTo(due[1].at);
    this.#store(decodeEvent(parseRow(due[1].row).event));
    return true;
  }

  /** The types in the log, without `case.`. */
  get types(): readonly string[] {
    return this.log.map(({ event_type }) => event_type.replace("case.", ""));
  }

  /** The events of a type. */
  all<T extends EventType>(type: T): readonly EventOf<T>[] {
    return this.log.filter((event) => event.event_type === type) as unknown as EventOf<T>[];
  }

  /** What a processor knows of the case: its folded state, as a query answers it. */
  stateOf<S>({ initial, evolve, takes, folds }: FoldingProcessor<S>): S {
    const folded = this.log.filter(({ event_type }) =>
      takes.includes(event_type) || folds.includes(event_type)
    );
    return folded.reduce((state, event) => evolve(state, event), initial());
  }

  /** Skips what the processor only folds; true when the next event is one that it handles. */
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
    const handled = processor.handle(
      event,
      state,
      contextOf({ event, version: reader.next }, processor.name, idOf),
    );
    const { rows, timers } = encodeOutputs(handled, event, processor, { partition: 0, idOf });
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

  /** Time never goes back. */
  #passTo(moment: string): void {
    if (Date.parse(moment) > Date.parse(this.#now)) this.#now = new Date(moment).toISOString();
  }
}

/** What a query needs of a processor. */
export interface FoldingProcessor<S> extends AnyProcessor {
  initial(): S;
  // deno-lint-ignore no-explicit-any
  evolve(state: S, event: any): S;
}
