/** A stretch of history in words, event by event: what the page shows of each, and what its script plays. Pure. @module */
import { processors } from "../../../../actors/application.ts";
import { maskCaseId } from "../../../../schema/bsn.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import type { TextKey, Writer } from "../../texts/catalogue.ts";
import { type Fact, type FactName, historyOf, type Step } from "../case_history.ts";
import { footOf, type ProcessorWords, streamWidth } from "../overview_words.ts";
import { type FlowMoment, flowMoments } from "./moments.ts";
import type { Slice } from "./slice.ts";

/** One event and the moment it made. */
export interface Frame {
  readonly position: number;
  readonly version: number;
  /** Milliseconds since 1970, by the store's clock. */
  readonly at: number;
  readonly type: string;
  readonly caseId: string;
  readonly eventId: string;
  /** By the name of the place that shows it. */
  readonly texts: Readonly<Record<string, string>>;
  readonly widths: Readonly<Record<string, string>>;
  readonly feet: Readonly<Record<string, ProcessorWords["foot"]>>;
  /** Of a case: its state, and all that is known of it. */
  readonly state?: string;
  readonly facts?: readonly (readonly [FactName, string])[];
}

/** Writes a fact; what writes it belongs to the views. */
type FactText = (fact: Fact, write: Writer) => string;

const names = processors.map(({ name }) => name);

/** The frames of a stretch; those of one case with its state. */
export function framesOf(
  slice: Slice,
  isSingle: boolean,
  write: Writer,
  factText: FactText,
): readonly Frame[] {
  const moments = flowMoments(slice, names);
  const steps = isSingle ? historyOf(slice.events) : [];
  const of = slice.events.length;
  return slice.events.map((stored, i) => {
    const what = write.known(`event.${stored.event.event_type}`, stored.event.event_type);
    const time = write.time(stored.recordedAt);
    return {
      ...placeOf(stored),
      texts: {
        ...flowTexts(moments[i]!, write),
        ...{ time, what, when: write.moment(stored.recordedAt) },
        position: write("replay.position", { position: stored.position }),
        step: write("replay.step.of", { step: i + 1, of }),
        status: write("replay.status", { step: i + 1, of, time, what }),
        ...caseTexts(steps[i], write, factText),
      },
      ...strokesOf(moments[i]!, write),
      ...caseState(steps[i], write, factText),
    };
  });
}

function placeOf({ position, version, recordedAt, event }: StoredEvent) {
  const { event_id: eventId, event_type: type, correlation_id } = event;
  return { position, version, at: recordedAt, type, eventId, caseId: maskCaseId(correlation_id) };
}

function flowTexts({ opened, closed, processors }: FlowMoment, write: Writer): Record<string, string> {
  const rows = processors.flatMap(({ name, rate, pending }) => [
    [`${name}.rate`, write.number(rate)],
    [`${name}.pending`, write("replay.queue", { n: pending })],
  ]);
  return { ...Object.fromEntries(rows), opened: write.number(opened), closed: write.number(closed) };
}

function strokesOf({ opened, closed, processors }: FlowMoment, write: Writer) {
  const most = Math.max(1, opened, closed, ...processors.map(({ rate }) => rate));
  const widths = processors.map(({ name, rate }) => [name, streamWidth(rate, most)]);
  return {
    widths: { ...Object.fromEntries(widths), closed: streamWidth(closed, most) },
    feet: Object.fromEntries(processors.map((each) => [each.name, footOf(each, write)])),
  };
}

function caseTexts(step: Step | undefined, write: Writer, factText: FactText): Record<string, string> {
  if (step === undefined) return {};
  const word = step.facts.state === undefined
    ? write.known(`state.${step.state}`, step.state)
    : factText(step.facts.state, write);
  return { state: write("replay.state" as TextKey, { v: step.version, state: word.toLowerCase() }) };
}

function caseState(step: Step | undefined, write: Writer, factText: FactText) {
  if (step === undefined) return {};
  const facts = Object.entries(step.facts) as [FactName, Fact][];
  return {
    state: step.state,
    facts: facts.map(([name, fact]) => [name, factText(fact, write)] as const),
  };
}
