/**
 * A workflow beside a real history: every delivery is handled once more, and what it would say is compared with what was
 * stored. Has no effects. Pure.
 * @module
 */
import { encodeData } from "../../schema/codec.ts";
import type { DecodedEvent } from "../../schema/delivery_line.ts";
import type { CaseEvent, EventType } from "../../schema/events.ts";
import { momentOf } from "../../schema/time/moment.ts";
import { storedDraft } from "../forwarding/forwarded_event.ts";
import type { EventDraft } from "../processor.ts";
import type { Workflow } from "./compile.ts";

// deno-lint-ignore no-explicit-any
type AnyWorkflow = Workflow<any>;

/** One delivery of which something else would come now than is stored. */
interface HistoryDifference {
  readonly case_id: string;
  readonly version: number;
  readonly event_type: EventType;
  /** What would come of it now, by type; or the error. */
  readonly now: string;
  readonly stored: string;
}

/** What a history comes to. */
export interface HistoryReport {
  readonly workflow: string;
  readonly version: number;
  readonly events: number;
  readonly cases: number;
  readonly deliveries: number;
  readonly differing: number;
  /** Cases by the state of the chart in which they stand. */
  readonly states: Readonly<Record<string, number>>;
  /** The first of them. */
  readonly differences: readonly HistoryDifference[];
}

/** Appended by timers when they are due, and not by the delivery that set them. */
const BY_TIMER: ReadonlySet<string> = new Set(["case.term_expired", "case.wait_expired"]);
const MOST_SHOWN = 20;

/** A delivery of which something comes. */
interface Delivery {
  readonly at: Pick<HistoryDifference, "case_id" | "version" | "event_type">;
  readonly now: readonly string[];
  readonly stored: string[];
}

export class HistoryCheck {
  readonly #workflow: AnyWorkflow;
  readonly #states = new Map<string, unknown>();
  /** Deliveries of which not everything was seen yet, by event id. */
  readonly #open = new Map<string, Delivery>();
  readonly #differences: HistoryDifference[] = [];
  #events = 0;
  #deliveries = 0;
  #differing = 0;

  constructor(workflow: AnyWorkflow) {
    this.#workflow = workflow;
  }

  /** The next event of a log, in the order of its case. */
  take({ event, version }: DecodedEvent): void {
    this.#events++;
    this.#compareEffect(event, version);
    const { takes, folds, initial, evolve } = this.#workflow;
    const [isTaken, isFolded] = [takes.includes(event.event_type), folds.includes(event.event_type)];
    if (!isTaken && !isFolded) return;
    const caseId = event.correlation_id;
    const before = this.#states.get(caseId) ?? initial();
    if (isTaken) this.#handle(event, before, version);
    this.#states.set(caseId, evolve(before, event));
  }

  /** Call it once, at the end: what was not seen by then did not come. */
  report(): HistoryReport {
    for (const delivery of this.#open.values()) this.#differ(delivery);
    this.#open.clear();
    const { name, version, at } = this.#workflow;
    const places = [...this.#states.values()].map((state) => at(state));
    const counts = Object.entries(Object.groupBy(places, (place) => place));
    return {
      ...{ workflow: name, version, events: this.#events, cases: this.#states.size },
      ...{ deliveries: this.#deliveries, differing: this.#differing },
      states: Object.fromEntries(counts.map(([state, of]) => [state, of!.length])),
      differences: this.#differences,
    };
  }

  #handle(event: CaseEvent, before: unknown, version: number): void {
    this.#deliveries++;
    const at = { case_id: event.correlation_id, version, event_type: event.event_type };
    try {
      const { events } = this.#workflow.handle(event, before, contextOf(event, version));
      if (events.length > 0) {
        this.#open.set(event.event_id, {
          at,
          now: events.map((draft) => textOfDraft(draft, event.data.case_id)),
          stored: [],
        });
      }
    } catch (error) {
      this.#differ({ at, now: [String(error)], stored: [] });
    }
  }

  /** An effect of the workflow belongs to the delivery that caused it; one that nothing of now says differs at once. */
  #compareEffect(event: CaseEvent, version: number): void {
    const { causation_id, source } = event.metadata;
    const isEffect = causation_id !== undefined && source?.startsWith(`${this.#workflow.name}@`) === true;
    if (!isEffect || BY_TIMER.has(event.event_type)) return;
    const delivery = this.#open.get(causation_id);
    const text = textOfData(event.event_type, encodeData(event.event_type, event.data));
    if (delivery === undefined) {
      const at = { case_id: event.correlation_id, version, event_type: event.event_type };
      return this.#differ({ at, now: [], stored: [text] });
    }
    delivery.stored.push(text);
    if (delivery.stored.length < delivery.now.length) return;
    this.#open.delete(causation_id);
    if (delivery.stored.some((each, i) => each !== delivery.now[i])) this.#differ(delivery);
  }

  #differ({ at, now, stored }: Delivery): void {
    this.#differing++;
    if (this.#differences.length >= MOST_SHOWN) return;
    this.#differences.push({ ...at, now: wordsOf(now), stored: wordsOf(stored) });
  }
}

/** Ids and random numbers are not those of then: what is made of them is not compared well. */
function contextOf(event: CaseEvent, version: number) {
  return { now: momentOf(event), version, newId: () => event.event_id, random: () => 0.5 };
}

function textOfDraft(draft: EventDraft, caseId: string): string {
  const { event_type, data } = storedDraft(draft, caseId);
  return textOfData(event_type, encodeData(event_type, data));
}

/** As stores keep it: amounts are numbers, and fields have no order. */
function textOfData(type: string, data: unknown): string {
  return `${type} ${JSON.stringify(sorted(JSON.parse(JSON.stringify(data))))}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

/** Types alone: what stands in events is personal. */
function wordsOf(texts: readonly string[]): string {
  return texts.length === 0 ? "nothing" : texts.map((text) => text.split(" {")[0]).join(", ");
}
